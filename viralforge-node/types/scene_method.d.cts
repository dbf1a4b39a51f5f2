/** The name of a way of finding boundaries. */
export type SceneMethodName = 'standard' | 'content' | 'adaptive' | 'histogram' | 'hash' | 'fade_threshold'

/**
 * How boundaries are found: by name, with the method's defaults, or as an object with parameters. The others than the
 * standard method are those of PySceneDetect 0.7, with its parameters.
 */
export type SceneMethod =
  | SceneMethodName
  | StandardMethod
  | ContentMethod
  | AdaptiveMethod
  | HistogramMethod
  | HashMethod
  | FadeThresholdMethod

/** Cuts, dissolves, fades and wipes, told from motion, flashes and lights by what is usual around them. */
export interface StandardMethod {
  /** Which method it is. */
  readonly name: 'standard'
}

/** A cut where hue, saturation and brightness change by more than a fixed amount: `detect-content`. */
export interface ContentMethod {
  /** Which method it is. */
  readonly name: 'content'
  /**
   * Change of the weighted mean of the components (`content_val`), in levels, from which on it is a cut: 0 to 255.
   * @default 27
   */
  readonly threshold?: number
  /**
   * How much each component counts.
   * @default {"deltaHue": 1, "deltaSat": 1, "deltaLum": 1, "deltaEdges": 0}
   */
  readonly weights?: ContentWeights
  /** Look at brightness alone, whatever the weights are. @default false */
  readonly lumaOnly?: boolean
  /**
   * Width that edges are spread to before they are compared, in pixels of a picture of 256 pixels: odd, 3 to 99. `null`
   * means by the size of the picture, 5 for most.
   * @default null
   */
  readonly kernelSize?: number | null
}

/** How much each component counts in a change of content; -1000 to 1000 each, not all zero. */
export interface ContentWeights {
  /** Of the mean change of hue, in steps of 2 degrees. @default 1 */
  readonly deltaHue?: number
  /** Of the mean change of saturation, in levels of 0 to 255. @default 1 */
  readonly deltaSat?: number
  /** Of the mean change of the brightest of red, green and blue, in levels of 0 to 255. @default 1 */
  readonly deltaLum?: number
  /** Of the share of pixels that become or cease to be edges, times 255. @default 0 */
  readonly deltaEdges?: number
}

/** A cut where the change of content is far above the changes around it: `detect-adaptive`. */
export interface AdaptiveMethod {
  /** Which method it is. */
  readonly name: 'adaptive'
  /** How many times the mean change around it a change must be (`adaptive_ratio`): 0 to 255. @default 3 */
  readonly adaptiveThreshold?: number
  /**
   * Frames before and as many after a frame that its change is compared with: 1 to 1000. The first and last so many
   * frames of a video hold no cut.
   * @default 2
   */
  readonly windowWidth?: number
  /** Change of content, in levels, below which there is no cut whatever the ratio is: 0 to 255. @default 15 */
  readonly minContentVal?: number
  /**
   * How much each component counts.
   * @default {"deltaHue": 1, "deltaSat": 1, "deltaLum": 1, "deltaEdges": 0}
   */
  readonly weights?: ContentWeights
  /** Look at brightness alone, whatever the weights are. @default false */
  readonly lumaOnly?: boolean
  /** As that of `ContentMethod`. @default null */
  readonly kernelSize?: number | null
}

/** A cut where the histogram of brightness changes: `detect-hist`. */
export interface HistogramMethod {
  /** Which method it is. */
  readonly name: 'histogram'
  /** How far the correlation of two histograms (`hist_diff`) must fall below 1 for a cut: 0 to 1. @default 0.05 */
  readonly threshold?: number
  /** Bins of the histogram of luma: 2 to 256. @default 256 */
  readonly bins?: number
}

/** A cut where the perceptual hash changes: `detect-hash`. */
export interface HashMethod {
  /** Which method it is. */
  readonly name: 'hash'
  /** Share of the bits of two hashes that must differ for a cut (`hash_dist`): 0 to 1. @default 0.395 */
  readonly threshold?: number
  /** Side of the square of low frequencies that a hash has a bit for each of: 2 to 64. @default 16 */
  readonly size?: number
  /**
   * How many times that the picture measures whose frequencies are taken: 2 keeps the lower half of them. From 1 on,
   * `size` times this at most 256.
   * @default 2
   */
  readonly lowpass?: number
}

/** A fade where the average brightness falls below a level and rises again: `detect-threshold`. */
export interface FadeThresholdMethod {
  /** Which method it is. */
  readonly name: 'fade_threshold'
  /**
   * Average of red, green and blue (`average_rgb`) that is crossed where a picture fades out and in again: 0 to 255.
   * PySceneDetect cuts off what follows the decimal point.
   * @default 12
   */
  readonly threshold?: number
  /**
   * Which side of the threshold is faded out: `floor` is darker than it (fades to black), `ceiling` as bright or
   * brighter (fades to white).
   * @default "floor"
   */
  readonly method?: 'floor' | 'ceiling'
  /** Where between fade-out and fade-in the next scene begins: -1 (fade-out) to 1 (fade-in). @default 0 */
  readonly fadeBias?: number
  /** Whether a video that ends faded out has one more boundary, at that fade-out. @default false */
  readonly addFinalScene?: boolean
}
