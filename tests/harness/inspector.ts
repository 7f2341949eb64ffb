// workerd's inspector, which speaks the Chrome DevTools Protocol.

export interface Inspected {
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** Sends one command to the only Worker behind an inspector. `evaluate` runs in the Worker's own context. */
export async function inspect(port: number, method: string, parameters: object = {}): Promise<Inspected> {
  const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json() as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? '');
  await new Promise((done, reject) => {
    socket.onopen = done;
    socket.onerror = reject;
  });
  const heard = (is: (message: any) => boolean): Promise<any> =>
    new Promise((done) => {
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data));
        if (is(message)) done(message);
      });
    });
  try {
    const context = heard((message) => message.method === 'Runtime.executionContextCreated');
    socket.send(JSON.stringify({ id: 1, method: 'Runtime.enable' }));
    const contextId: unknown = (await context).params.context.id;
    const answer = heard((message) => message.id === 2);
    const params = method === 'Runtime.evaluate' ? { contextId, ...parameters } : parameters;
    socket.send(JSON.stringify({ id: 2, method, params }));
    return await answer as Inspected;
  } finally {
    socket.close();
  }
}
