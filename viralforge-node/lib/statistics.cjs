'use strict'

/** What was measured of each frame: typed arrays here, lists in JSON. */
class SceneStatistics {
  constructor(frames, timesSeconds, columns) {
    this.frames = frames
    this.timesSeconds = timesSeconds
    this.columns = columns
  }

  toJSON() {
    const { frames, timesSeconds, columns } = this
    return {
      frames: Array.from(frames),
      timesSeconds: Array.from(timesSeconds),
      columns: columns.map((column) => ({ ...column, values: Array.from(column.values) })),
    }
  }
}

/** The report of the native half, whose arrays come beside it. */
function scenesOf({ report, statistics }) {
  const scenes = JSON.parse(report)
  if (statistics) {
    const columns = scenes.statistics.columns.map((column, i) => ({ ...column, values: statistics.columns[i] }))
    scenes.statistics = new SceneStatistics(statistics.frames, statistics.timesSeconds, columns)
  }
  return scenes
}

/** Statistics as the native half takes them: names and thresholds as text, and arrays. Plain arrays are taken as well. */
function partsOf(statistics) {
  if (typeof statistics !== 'object' || statistics === null || Array.isArray(statistics)) {
    throw new TypeError('statistics must be an object')
  }
  const { frames, timesSeconds, columns } = statistics
  if (!Array.isArray(columns)) throw new TypeError('statistics.columns must be an array')
  const names = columns.map((column) => ({ ...column, values: [] }))
  const arrays = {
    frames: arrayOf(Uint32Array, frames, 'frames'),
    timesSeconds: arrayOf(Float64Array, timesSeconds, 'timesSeconds'),
    columns: columns.map((column, i) => arrayOf(Float32Array, column?.values, `columns[${i}].values`)),
  }
  return { text: JSON.stringify({ frames: [], timesSeconds: [], columns: names }), arrays }
}

function arrayOf(Type, values, name) {
  if (values instanceof Type) return values
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) throw new TypeError(`statistics.${name} must be an array`)
  return Type.from(values)
}

module.exports = { partsOf, scenesOf }
