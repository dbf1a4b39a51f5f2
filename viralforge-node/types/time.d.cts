/** An exact number, `num / den`; `den` is at least 1. */
export interface Rational {
  /** Numerator. */
  readonly num: number
  /** Denominator. */
  readonly den: number
}

/** A moment of the media: seconds from its first presented frame, as a number or exactly. */
export type Moment = number | Rational

/** A stretch of time: from `start` up to, but not including, `end`. The seconds are those fractions rounded. */
export interface TimeRange {
  /** First moment, exactly, in seconds. */
  readonly start: Rational
  /** First moment after it, exactly, in seconds. */
  readonly end: Rational
  /** First moment in seconds. */
  readonly startSeconds: number
  /** First moment after it in seconds. */
  readonly endSeconds: number
}

/** Something that lies in a stretch of time. It can be handed on as a `range` itself. */
export interface InTime extends TimeRange {
  /** The same stretch by itself. Only a copy: where something is read back, `start` and `end` count. */
  readonly range: TimeRange
}

/** A stretch of time as an option: seconds, or exactly; where both are given, the exact form counts. */
export type TimeRangeOption =
  | {
      readonly startSeconds: number
      readonly endSeconds: number
      readonly start?: Rational | null
      readonly end?: Rational | null
    }
  | {
      readonly start: Rational
      readonly end: Rational
      readonly startSeconds?: number | null
      readonly endSeconds?: number | null
    }
