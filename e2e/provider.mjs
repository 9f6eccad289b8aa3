// An OpenID provider (panva/node-oidc-provider, certified) on loopback, for account.spec.ts: real keys, PKCE required, sign-in pages of its own.
import { createRequire } from 'node:module';

const { Provider } = createRequire(new URL('../web/package.json', import.meta.url))('oidc-provider');
const [port, figment] = process.argv.slice(2);

const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id: 'figment',
      client_secret: 'a secret of the tests',
      redirect_uris: [`${figment}/api/sign-in/club/return`],
    },
  ],
  pkce: { required: () => true },
  scopes: ['openid', 'profile', 'email'],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
  // What its userinfo endpoint says; the id token has the subject only, as the specification has it for this flow.
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} of the club`, preferred_username: id, email: `${id}@club.example` }),
  }),
  cookies: { keys: ['a key of the tests'] },
});

const server = provider.listen(Number(port), '127.0.0.1');
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => server.close(() => process.exit(0)));
