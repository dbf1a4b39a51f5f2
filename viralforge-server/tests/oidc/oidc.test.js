// Signing in with a real OpenID provider, and connecting an account there: the whole flow, and attacks on it. What a
// provider can do wrong is in ../host/connect.rs.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { headers, json, kill, start, until } from '../tus/host.js'
import { Browser } from './browser.js'
import { client, clientKey, listen } from './provider.js'

const folders = []
const ends = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

async function world(options, settings = {}) {
  const data = await mkdtemp(join(tmpdir(), 'viralforge-oidc-'))
  folders.push(data)
  const provider = await listen()
  const env = {
    VIRALFORGE_OIDC_ISSUER: provider.url,
    VIRALFORGE_OIDC_CLIENT_ID: client.id,
    VIRALFORGE_OIDC_CLIENT_SECRET: client.secret,
    VIRALFORGE_OUTGOING_ALLOW: '127.0.0.1/32',
    VIRALFORGE_SIGN_UP: 'true',
    ...settings,
  }
  const host = await start(data, env)
  ends.push(provider.close, () => host.server.exitCode ?? host.server.signalCode ?? kill(host.server))
  const callback = `${host.url}/v1/auth/oidc/callback`
  provider.serve(callback, options)
  return { provider, ...host, data, env, callback }
}

/** Signs in; where that ends, and what is between. `change` may change each address on the way. */
async function signIn(browser, { url, callback }, change = {}, more = '') {
  const begun = await browser.get(`${url}/v1/auth/oidc?return_to=/done${more}`, { method: 'POST', headers: { origin: url } })
  const there = begun.headers.get('location')
  const back = await browser.follow(change.there?.(there) ?? there, callback)
  const changed = change.back?.(back) ?? back
  const answer = await browser.get(changed)
  return { answer, end: answer.headers.get('location')?.replace(url, ''), there, back }
}

/** Connects an account for whoever holds the key of the configuration. */
async function connect(browser, { url, callback }) {
  const body = JSON.stringify({ provider: 'oidc', return_to: '/done' })
  const options = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body }
  const { authorization_url } = await (await browser.get(`${url}/v1/connections`, options)).json()
  const answer = await browser.get(await browser.follow(authorization_url, callback))
  return answer.headers.get('location')?.replace(url, '')
}

const account = async (browser, { url }) => (await browser.get(`${url}/v1/account`)).json()

const without = (address, ...names) => {
  const url = new URL(address)
  for (const name of names) url.searchParams.delete(name)
  return url.href
}
const having = (address, name, value) => {
  const url = new URL(address)
  url.searchParams.set(name, value)
  return url.href
}
const refusals = async ({ url }) => {
  const { items } = await json(`${url}/v1/account/events?limit=100`)
  return items.filter(({ event }) => event === 'oauth_refused').length
}

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  test(`somebody signs in twice and is the same, by ${alg}`, async () => {
    const host = await world({ alg })
    const [first, second, other] = [new Browser(), new Browser(), new Browser()]
    assert.equal((await signIn(first, host)).end, '/done')
    assert.equal((await signIn(second, host)).end, '/done')
    host.provider.who = 'eve'
    assert.equal((await signIn(other, host)).end, '/done')
    const [a, b, c] = [await account(first, host), await account(second, host), await account(other, host)]
    assert.equal(a.id, b.id)
    assert.notEqual(a.id, c.id)
    assert.equal(a.email, null)
  })
}

for (const alg of ['ES256', 'EdDSA']) {
  test(`the server proves itself by a key in place of a secret, by ${alg}`, async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'viralforge-oidc-')), 'client.pem')
    folders.push(dirname(file))
    await writeFile(file, clientKey(alg))
    const settings = { VIRALFORGE_OIDC_CLIENT_SECRET: '', VIRALFORGE_OIDC_CLIENT_KEY_FILE: file }
    const host = await world({ proof: 'key' }, settings)
    assert.equal((await signIn(new Browser(), host)).end, '/done')
    host.provider.who = 'eve'
    assert.equal(await connect(new Browser(), host), '/done')
    const { items } = await json(`${host.url}/v1/connections`)
    const ended = await fetch(`${host.url}/v1/connections/${items[0].id}`, { method: 'DELETE', headers })
    assert.equal(ended.status, 204)
    await until(`${host.url}/v1/connections`, () => host.provider.revoked > 0)
    assert.deepEqual(host.provider.grants, ['authorization_code', 'authorization_code'])
  })
}

test('a connection is renewed with rotation, and revoked when it is ended', async () => {
  const host = await world({ accessTokenSeconds: 4 })
  assert.equal(await connect(new Browser(), host), '/done')
  const { items } = await json(`${host.url}/v1/connections`)
  assert.deepEqual([items.length, items[0].account_name, items[0].state], [1, 'maria there', 'active'])
  assert.deepEqual(items[0].scopes, ['openid', 'profile', 'email', 'offline_access'])
  await kill(host.server)

  // With a second left. A server looks when it starts; what comes of it is renewed again at each start.
  const { provider, data, env } = host
  let connection = items[0]
  for (const round of [1, 2]) {
    while (Date.now() < connection.expires_at_ms - 900) await new Promise((resolve) => setTimeout(resolve, 20))
    const again = await start(data, env)
    ends.push(() => again.server.signalCode ?? kill(again.server))
    const renewed = await until(`${again.url}/v1/connections`, ({ items }) => items[0].expires_at_ms > connection.expires_at_ms)
    connection = renewed.items[0]
    assert.equal(connection.state, 'active')
    assert.deepEqual(provider.grants, ['authorization_code', ...Array(round).fill('refresh_token')])
    if (round === 2) {
      const ended = await fetch(`${again.url}/v1/connections/${connection.id}`, { method: 'DELETE', headers })
      assert.equal(ended.status, 204)
      assert.equal(provider.revoked, 1)
    } else {
      await kill(again.server)
    }
  }
})

test('a fresh sign-in is one that the provider tells the time of', async () => {
  const host = await world()
  const browser = new Browser()
  const leave = async () => {
    const options = { method: 'DELETE', body: '{}' }
    options.headers = { origin: host.url, 'x-viralforge-csrf': '1', 'content-type': 'application/json' }
    return (await browser.get(`${host.url}/v1/account`, options)).status
  }
  assert.equal((await signIn(browser, host)).end, '/done')
  assert.equal(await leave(), 403)
  const { end, there } = await signIn(browser, host, {}, '&fresh=true')
  assert.equal(end, '/done')
  assert.equal(new URL(there).searchParams.get('max_age'), '60')
  assert.equal(await leave(), 202)
})

test('who says no comes back with that', async () => {
  const host = await world()
  host.provider.denies = true
  assert.equal((await signIn(new Browser(), host)).end, '/done?error=access_denied')
  assert.equal(await connect(new Browser(), host), '/done?error=access_denied')
  assert.equal(await refusals(host), 1)
})

for (const pkceRequired of [true, false]) {
  test(`PKCE cannot be taken out, where the provider ${pkceRequired ? 'wants' : 'does not want'} it`, async () => {
    const host = await world({ pkceRequired })
    const there = (url) => without(url, 'code_challenge', 'code_challenge_method')
    assert.equal((await signIn(new Browser(), host, { there })).end, '/done?error=provider_refused')
  })
}

test('the nonce, the issuer, the state and the browser have to be the same', async () => {
  const host = await world()
  const end = async (change) => {
    const { answer, end } = await signIn(new Browser(), host, change)
    return end ?? answer.status
  }
  assert.equal(await end({ there: (url) => having(url, 'nonce', 'another') }), '/done?error=bad_id_token')
  assert.equal(await end({ back: (url) => having(url, 'iss', 'https://another.example') }), '/done?error=wrong_issuer')
  assert.equal(await end({ back: (url) => without(url, 'iss') }), '/done?error=wrong_issuer')
  assert.equal(await end({ back: (url) => without(url, 'state') }), 400)
  assert.equal(await end({ back: (url) => having(url, 'state', 'another') }), 400)
  const { answer, back } = await signIn(new Browser(), host)
  assert.equal(answer.status, 303)
  assert.equal((await new Browser().get(back)).status, 400)
})

test('a code is good once, and in its own flow', async () => {
  const host = await world()
  const [victim, thief] = [new Browser(), new Browser()]
  let stolen
  // The victim's answer is caught before it arrives; the thief puts its code into a flow of their own.
  await signIn(victim, host, { back: (url) => ((stolen = url), without(url, 'state')) })
  const code = new URL(stolen).searchParams.get('code')
  const injected = await signIn(thief, host, { back: (url) => having(url, 'code', code) })
  assert.equal(injected.end, '/done?error=provider_refused')
  assert.match(host.provider.grants.at(-1), /PKCE/)

  const used = await signIn(victim, host)
  const replayed = new URL(used.back).searchParams.get('code')
  const again = await signIn(victim, host, { back: (url) => having(url, 'code', replayed) })
  assert.equal(again.end, '/done?error=provider_refused')
})
