// A key URL of our own, which can be down, slow, or respond with something that is not a key.
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

import { stopAtEnd } from './world.ts';

export interface RsaPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

export const rsa = (modulusLength = 2048): RsaPair => generateKeyPairSync('rsa', { modulusLength });

export function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** Returns the response of the real one. */
export function keyAnswer(publicKey: string): string {
  return JSON.stringify({ success: true, data: { publicKey }, message: '' });
}

export function signatureOf(body: string, { privateKey }: RsaPair): string {
  return sign('sha256', Buffer.from(body), privateKey).toString('base64');
}

export class KeyServer {
  /** The request handler, which tests may replace. */
  answer: RequestListener;
  fetches = 0;
  readonly #server: Server;

  private constructor(answer: RequestListener) {
    this.answer = answer;
    this.#server = createServer((request, response) => {
      this.fetches += 1;
      this.answer(request, response);
    });
  }

  static async start(answer: RequestListener): Promise<KeyServer> {
    const server = new KeyServer(answer);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    stopAtEnd(server);
    return server;
  }

  static of(pair: RsaPair): Promise<KeyServer> {
    return KeyServer.start((_, response) => response.end(keyAnswer(pem(pair.publicKey))));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/.well-known/webhooks.json`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await promisify(this.#server.close.bind(this.#server))();
  }
}
