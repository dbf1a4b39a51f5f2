// The OpenID provider `oidc-provider` on a free port. Whoever comes to it is `who`, and agrees to everything.
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const keys = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ed25519'),
].map(({ privateKey }) => privateKey.export({ format: 'jwk' }))

export const client = { id: 'viralforge', secret: 'a secret of the client: +/=&' }
/** Keys that a client may have in place of a secret: PEM by the algorithm that they sign with. */
const clientKeys = { ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }), EdDSA: generateKeyPairSync('ed25519') }
export const clientKey = (alg) => clientKeys[alg].privateKey.export({ type: 'pkcs8', format: 'pem' })
const byKey = {
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: Object.values(clientKeys).map(({ publicKey }) => publicKey.export({ format: 'jwk' })) },
}

/** A provider that has no client yet: `serve` makes it one, once it is known where that is. */
export async function listen() {
  let handler
  const server = createServer((request, response) => handler(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const state = { url: `http://127.0.0.1:${server.address().port}`, who: 'maria', denies: false, grants: [], revoked: 0 }
  state.close = () => {
    server.closeAllConnections()
    server.close()
  }
  state.serve = (callback, { alg = 'RS256', pkceRequired = true, accessTokenSeconds = 3600, proof = { client_secret: client.secret } } = {}) => {
    const provider = new Provider(state.url, {
      clients: [
        {
          client_id: client.id,
          ...(proof === 'key' ? byKey : proof),
          redirect_uris: [callback],
          grant_types: ['authorization_code', 'refresh_token'],
          id_token_signed_response_alg: alg,
        },
      ],
      jwks: { keys },
      enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'], clientAuthSigningAlgValues: ['ES256', 'EdDSA'] },
      clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
      cookies: { keys: ['a key of cookies'] },
      features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
      pkce: { methods: ['S256'], required: () => pkceRequired },
      rotateRefreshToken: true,
      ttl: { AccessToken: accessTokenSeconds, AuthorizationCode: 60, IdToken: 300, RefreshToken: 86400, Session: 600, Grant: 86400, Interaction: 600 },
      claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} there`, email: 'maria@example.com' }) }),
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    })
    provider.on('grant.success', (ctx) => state.grants.push(ctx.oidc.params.grant_type))
    provider.on('grant.error', (ctx, error) => state.grants.push(`${ctx.oidc.params?.grant_type}: ${error.message}: ${error.error_detail}`))
    provider.on('grant.revoked', () => state.revoked++)
    const serve = provider.callback()
    handler = (request, response) => {
      if (!request.url.startsWith('/interaction/')) return serve(request, response)
      return agree(provider, state, request, response)
    }
  }
  return state
}

async function agree(provider, { who, denies }, request, response) {
  const { prompt, params } = await provider.interactionDetails(request, response)
  if (denies) return provider.interactionFinished(request, response, { error: 'access_denied' })
  if (prompt.name === 'login') return provider.interactionFinished(request, response, { login: { accountId: who } })
  const grant = new provider.Grant({ accountId: who, clientId: params.client_id })
  grant.addOIDCScope(params.scope)
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}
