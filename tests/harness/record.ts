// Everything that the run has seen of the Worker: each answer and each line of each log. The last test searches it for
// secrets.

/** An answer, as it came. Header names are in lower case; a header that came twice is joined by a comma. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const lines: string[] = [];
const answers: Answer[] = [];
const secrets = new Map<string, string>();

/** Makes a value one that nothing may show: tokens, signing secrets. */
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

/** One place where a secret stands. */
export interface Find {
  secret: string;
  where: string;
}

/** Searches a text for every secret, as it is and in the encodings that a log or a URL may give it. */
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

/** The lines of all logs so far that hold a text. */
export function linesWith(text: string): string[] {
  return lines.filter((line) => line.includes(text));
}

/** Searches everything that was recorded so far. */
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
