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

/** A stretch of time in seconds. */
interface RangeInSeconds {
  /** First moment, in seconds. */
  readonly startSeconds: number
  /** First moment after it, in seconds. */
  readonly endSeconds: number
  /** First moment, exactly; goes before `startSeconds`. */
  readonly start?: Rational | null
  /** First moment after it, exactly; goes before `endSeconds`. */
  readonly end?: Rational | null
}

/** A stretch of time, exactly. */
interface ExactRange {
  /** First moment. */
  readonly start: Rational
  /** First moment after it. */
  readonly end: Rational
  /** As `start`, which goes before it. */
  readonly startSeconds?: number | null
  /** As `end`, which goes before it. */
  readonly endSeconds?: number | null
}

/** A stretch of time as an option: in seconds or exactly. */
export type TimeRangeOption = RangeInSeconds | ExactRange
