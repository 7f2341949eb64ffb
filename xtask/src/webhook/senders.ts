// Webhooks as their senders create them: the payload of the event that says that a user is gone, signed by the sender's
// own package if there is one. RealtimeKit's are signed by the stand-in, which alone has the key.
import { randomUUID } from 'node:crypto';

import { sign as signGitHub } from '@octokit/webhooks-methods';
import { WorkOS } from '@workos-inc/node';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';

export type Headers = Record<string, string>;

/** The input of a signature; schemes differ in which parts they cover. */
export interface Signing {
  secret: string;
  body: string;
  /** The message id, for schemes that send it in a header. */
  id: string;
  at: Date;
}

export interface Sender {
  /** The package that signs; absent if the sender sends a static token. */
  signedBy?: string;
  sign(signing: Signing): Promise<Headers> | Headers;
  /** Returns the event that says that this user is gone. */
  event(user: string): unknown;
}

const workos = new WorkOS('sk_not_used');
const stripe = new Stripe('sk_not_used');

function svix({ secret, body, id, at }: Signing): Headers {
  return {
    'svix-id': id,
    'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
    'svix-signature': new SvixWebhook(secret).sign(id, at, body),
  };
}

function standard({ secret, body, id, at }: Signing): Headers {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new StandardWebhook(secret).sign(id, at, body),
  };
}

const token = ({ secret }: Signing): Headers => ({ authorization: `Bearer ${secret}` });

const eventId = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '')}`;
const now = (): string => new Date().toISOString();

export const SENDERS: Readonly<Record<string, Sender>> = {
  clerk: {
    signedBy: 'svix',
    sign: svix,
    event: (user) => ({
      data: { deleted: true, id: user, object: 'user' },
      instance_id: 'ins_123',
      object: 'event',
      timestamp: Date.now(),
      type: 'user.deleted',
    }),
  },
  stytch: {
    signedBy: 'svix',
    sign: svix,
    event: (user) => ({
      action: 'DELETE',
      event_id: eventId('webhook-event'),
      id: user,
      object_type: 'user',
      project_id: 'project-live-0',
      source: 'DASHBOARD',
      timestamp: now(),
      vertical: 'CONSUMER',
    }),
  },
  workos: {
    signedBy: '@workos-inc/node',
    sign: async ({ secret, body, at }) => {
      const time = at.getTime();
      const signature = await workos.webhooks.computeSignature(time, body, secret);
      return { 'workos-signature': `t=${time}, v1=${signature}` };
    },
    event: (user) => ({
      object: 'event',
      id: eventId('event'),
      event: 'user.deleted',
      created_at: now(),
      data: { object: 'user', id: user, email: 'ada@example.com' },
    }),
  },
  auth0: {
    sign: token,
    event: (user) => ({
      specversion: '1.0',
      type: 'user.deleted',
      source: 'urn:auth0:example',
      id: eventId('evt'),
      time: now(),
      data: { object: { user_id: user } },
    }),
  },
  supabase: {
    sign: token,
    event: (user) => ({
      type: 'DELETE',
      table: 'users',
      schema: 'auth',
      record: null,
      old_record: { id: user, email: 'ada@example.com', deleted_at: now() },
    }),
  },
  stripe: {
    signedBy: 'stripe',
    sign: ({ secret, body: payload, at }) => ({
      'stripe-signature': stripe.webhooks.generateTestHeaderString({
        payload,
        secret,
        timestamp: Math.floor(at.getTime() / 1000),
      }),
    }),
    event: (user) => ({
      id: eventId('evt'),
      object: 'event',
      type: 'customer.subscription.deleted',
      pending_webhooks: 1,
      data: { object: { id: 'sub_1', object: 'subscription', status: 'canceled', customer: user } },
    }),
  },
  standard: {
    signedBy: 'standardwebhooks',
    sign: standard,
    event: (user) => ({ type: 'user.deleted', timestamp: now(), data: { id: user } }),
  },
  github: {
    signedBy: '@octokit/webhooks-methods',
    sign: async ({ secret, body }) => ({ 'x-hub-signature-256': await signGitHub(secret, body) }),
    event: (user) => ({
      action: 'member_removed',
      membership: { state: 'active', role: 'member', user: { login: user, updated_at: now() } },
      organization: { login: 'example' },
    }),
  },
  token: {
    sign: token,
    event: (user) => ({ event: 'user.deleted', id: eventId('evt'), user: { id: user } }),
  },
};
