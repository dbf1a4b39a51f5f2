// As much of a browser as this takes: it keeps cookies, and shows each step of a redirect.
import assert from 'node:assert/strict'

export class Browser {
  #cookies = new Map()

  async get(url, options = {}) {
    const { host } = new URL(url)
    const cookies = this.#cookies.get(host) ?? new Map()
    this.#cookies.set(host, cookies)
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { redirect: 'manual', ...options, headers: { cookie, ...options.headers } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      if (value) cookies.set(name, value)
      else cookies.delete(name)
    }
    return answer
  }

  /** Goes on until it would come to an address that begins with `end`; that address. */
  async follow(url, end) {
    for (let steps = 0; steps < 20; steps++) {
      if (url.startsWith(end)) return url
      const answer = await this.get(url)
      const next = answer.headers.get('location')
      assert.ok(next, `${url}: ${answer.status} ${next ?? (await answer.text())}`)
      url = new URL(next, url).href
    }
    throw new Error(`no end is reached: ${url}`)
  }
}
