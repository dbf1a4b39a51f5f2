/** Width and height in pixels. */
export interface Size {
  /** Pixels from left to right. */
  readonly width: number
  /** Pixels from top to bottom. */
  readonly height: number
}

/** A rectangle in display pixels, not rounded; the origin is the top left corner. */
export interface CropRect extends Size {
  /** Left edge. */
  readonly x: number
  /** Top edge. */
  readonly y: number
}

/** A shape as text: width to height. */
export type AspectText = `${number}:${number}`

/** A shape as an option: `'9:16'` or `[9, 16]`. */
export type AspectRatio = AspectText | readonly [width: number, height: number]
