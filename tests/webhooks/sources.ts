// The sources of the Worker shared by most tests.
import { SECRET, app, secondSecret } from './world.ts';
import type { Sources } from './world.ts';

const deleted = { when: { '/type': 'user.deleted' }, action: 'user everywhere', user: '/data/id' };

export const PRESETS = ['clerk', 'stytch', 'workos', 'auth0', 'supabase', 'stripe'] as const;
export const SCHEMES: Sources = {
  standard: { scheme: 'standard-webhooks', rules: [deleted] },
  github: {
    scheme: 'github',
    rules: [{
      when: { '/action': 'member_removed' },
      action: 'user everywhere',
      user: '/membership/user/login',
    }],
  },
  token: {
    scheme: 'token',
    message_id: '/id',
    rules: [{ when: { '/event': 'user.deleted' }, action: 'user everywhere', user: '/user/id' }],
  },
};

/** Presets and schemes, each under its own name and with its own app. */
export const APP_OF: Record<string, string> = {};
export const SOURCES: Sources = {};
for (const name of [...PRESETS, ...Object.keys(SCHEMES)]) {
  APP_OF[name] = app();
  SOURCES[name] = { ...(SCHEMES[name] ?? { preset: name }), app_id: APP_OF[name] };
}

/** Sources whose messages are sent with every bit flipped, separate from all others. */
for (const name of ['clerk', 'standard', 'stripe', 'workos', 'github']) {
  const own = app();
  APP_OF[`flipped-${name}`] = own;
  SOURCES[`flipped-${name}`] = { ...(SCHEMES[name] ?? { preset: name }), app_id: own };
}

/** The same schemes once more, for attacks: all with one app, which must stay untouched. */
export const ATTACKED_APP = app();
/** The app of the source `realtimekit`, whose tests run one after another. */
export const REALTIMEKIT_APP = ATTACKED_APP;
const DOUBLE = ['clerk', 'standard', 'stripe', 'workos', 'github', 'token', 'auth0', 'supabase'];
for (const name of DOUBLE) {
  SOURCES[`attacked-${name}`] = { ...(SCHEMES[name] ?? { preset: name }), app_id: ATTACKED_APP };
}
SOURCES['attacked-public'] = { ...SCHEMES['standard'], app_id: ATTACKED_APP };
SOURCES['attacked-meeting'] = {
  scheme: 'standard-webhooks',
  app_id: ATTACKED_APP,
  rules: [{
    when: { '/type': 'user.deleted' },
    action: 'user in meeting',
    user: '/data/id',
    meeting: '/data/meeting',
  }],
};

/** Refused sources, each for a different reason: what `/healthz` and the source's own response say about it. */
export const MISCONFIGURED: Record<string, [table: Record<string, unknown>, says: RegExp]> = {
  'no-secret': [{ preset: 'clerk' }, /WEBHOOKS\.no-secret has no secret: set WEBHOOK_SECRETS/],
  'no-scheme': [{ app_id: ATTACKED_APP }, /WEBHOOKS\.no-scheme needs `preset`, one of clerk/],
  'unknown-scheme': [{ scheme: 'hmac', rules: [deleted] }, /WEBHOOKS\.unknown-scheme\.scheme must be one of/],
  'unknown-preset': [{ preset: 'clerc' }, /WEBHOOKS\.unknown-preset\.preset is unknown/],
  'no-pointer': [{ preset: 'clerk', user: 'data.id' }, /WEBHOOKS\.no-pointer\.user must be a JSON pointer/],
  'short-secret': [{ preset: 'workos' }, /WEBHOOKS\.short-secret has a secret of fewer than 16 characters/],
  'public-as-secret': [{ preset: 'stripe' }, /WEBHOOKS\.public-as-secret has a public key \(whpk_\) where a secret belongs/],
  'private-key': [{ preset: 'clerk' }, /WEBHOOKS\.private-key has a whsk_ key/],
  'other-app': [{ preset: 'clerk', app_id: 'elsewhere' }, /WEBHOOKS\.other-app\.app_id must be one of REALTIMEKIT_APP_IDS/],
  'unknown-field': [{ preset: 'clerk', secret: 'x' }, /WEBHOOKS\.unknown-field has the unknown field `secret`: its fields are preset,/],
};

const PUBLIC = `whpk_${Buffer.alloc(32, 7).toString('base64')}`;
const BAD_SECRETS: Record<string, string> = {
  'unknown-scheme': SECRET,
  'unknown-preset': SECRET,
  'no-pointer': SECRET,
  'short-secret': 'fifteen-letters',
  'public-as-secret': PUBLIC,
  'private-key': `whsk_${Buffer.alloc(32, 7).toString('base64')}`,
  'other-app': SECRET,
  'unknown-field': SECRET,
};

/** Returns the secrets of all these sources: the second one is for rotation. */
export function secretsOf(publicKey: string): Record<string, string | string[]> {
  const both = Object.keys(SOURCES).map((name) => [name, [SECRET, secondSecret]] as const);
  return { ...Object.fromEntries(both), 'attacked-public': publicKey, ...BAD_SECRETS };
}
