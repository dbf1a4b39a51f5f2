export * from './types/viralforge.cjs'
