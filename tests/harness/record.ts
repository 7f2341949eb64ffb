// Everything that the run has seen of the Worker: each response and each line of every log. The last test searches it
// for secrets.

/** A response as received. Header names are in lower case; values of a repeated header are joined with a comma. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const lines: string[] = [];
const answers: Answer[] = [];
const secrets = new Map<string, string>();

/** Declares a value that nothing may show, such as a token or signing secret. */
export function secret(name: string, value: string): string {
  secrets.set(name, value);
  return value;
}

export function recordLine(line: string): void {
  lines.push(line);
}

export function recordAnswer<T extends Answer>(answer: T): T {
  answers.push(answer);
  return answer;
}

/** A place where a secret was found. */
export interface Find {
  secret: string;
  where: string;
}

/** Searches a text for every secret, both as it is and in the encodings that a log or a URL may use. */
export function findSecrets(text: string, where: string): Find[] {
  const finds: Find[] = [];
  for (const [name, value] of secrets) {
    const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '');
    const forms = [value, encodeURIComponent(value), base64, Buffer.from(value).toString('hex')];
    if (forms.some((form) => text.includes(form))) finds.push({ secret: name, where });
  }
  return finds;
}

export interface Search {
  secrets: number;
  lines: number;
  answers: number;
  finds: Find[];
}

/** Returns the lines of all logs so far that contain a text. */
export function linesWith(text: string): string[] {
  return lines.filter((line) => line.includes(text));
}

/** Searches everything recorded so far. */
export function searchRecord(): Search {
  const finds = [
    ...lines.flatMap((line) => findSecrets(line, `log line: ${line.slice(0, 200)}`)),
    ...answers.flatMap((answer) =>
      findSecrets(
        `${Object.entries(answer.headers).flat().join('\n')}\n${answer.body}`,
        `answer ${answer.status} ${answer.headers['x-request-id'] ?? ''}`,
      ),
    ),
  ];
  return { secrets: secrets.size, lines: lines.length, answers: answers.length, finds };
}
