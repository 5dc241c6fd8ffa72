/** Types of converge-session.js. How to use it: docs/desktop.md. */

/** Fields of a session, each replaced whole; null deletes one. */
export type Fields = Record<string, unknown>;

export interface Endpoint {
  /** The AWS Region that it is in. */
  region: string;
  /** The base of its HTTP API, such as `https://east.example.com`. */
  url: string;
}

/** What the session keeps waiting saves in, as localStorage. */
export type SessionStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export interface Options {
  /** The session's id: the same in every tab and on every machine that is to see it. */
  id: string;
  /** Two, one a Region; the preferred one first. */
  endpoints: Endpoint[];
  /** A bearer token for the endpoint of a Region. `renew`: the one before was refused. */
  getToken(wanted: { region: string; renew: boolean }): string | Promise<string>;
  /** localStorage by default. */
  storage?: SessionStorage;
  agent?: { id?: string; username?: string };
  /** Texts in another language. `{region}` and the like are filled in. */
  texts?: Partial<Record<NoticeCode, string>>;
  settings?: Partial<Settings>;
}

/** Times in milliseconds, sizes in bytes of JSON. The module says what each is. */
export interface Settings {
  heartbeat: number;
  spread: number;
  base: number;
  cap: number;
  timeout: number;
  renewal: number;
  coalesce: number;
  settle: number;
  grace: number;
  poke: number;
  fieldsMax: number;
  bytesMax: number;
  patchMax: number;
  relaysMax: number;
  relayBytesMax: number;
  readsMax: number;
  contextTries: number;
  background: boolean;
}

export interface EndpointStatus {
  region: string;
  /** `connected`: its stream is open and was heard within two heartbeats. `stopped`: it refused with `status`; `resume` tries it again. */
  state: "connecting" | "connected" | "lost" | "stopped";
  /** For how long it has been in that state. */
  forMs: number;
  /** How long ago anything of its stream was heard. */
  heardMs: number;
  /** Writes go to it first. */
  preferred: boolean;
  status?: number;
}

export interface Status {
  /** This tab has the streams and the queue; another tab of this browser otherwise. */
  owner: boolean;
  /** At least one endpoint is connected. */
  connected: boolean;
  /** What the browser says. */
  online: boolean;
  endpoints: EndpointStatus[];
  /** Fields that no endpoint has accepted yet. */
  unsaved: number;
  /** For how long the oldest of them has waited. */
  unsavedMs: number;
  /** What waits is in the storage, and survives a reload. */
  stored: boolean;
  /** Fields that an endpoint refused for good. */
  refused: number;
  /** Accepted events that the other endpoint does not have yet. */
  relays: number;
  /** Of those, how many were given up at the bound or refused: the Regions' own replication brings them. */
  relaysDropped: number;
  /** How old what is shown may be; null before anything was read. */
  ageMs: number | null;
  /** The Regions whose facts are in what is shown. */
  regions: string[];
  failover: Failover | null;
}

export type NoticeCode = "connectionLost" | "connectionBack" | "offline" | "signIn" | "stopped" | "moving" | "moved" | "returning" | "callLost" | "full" | "refused"
  | "notStored" | "takenOver";

/** For people. */
export interface Notice {
  code: NoticeCode;
  text: string;
  values: Record<string, unknown>;
}

export interface Failover {
  /** Null where only CCP told of it. */
  term: number | null;
  /** `none`: the return is done. */
  state: "moving" | "moved" | "returning" | "none";
  /** Shares in percent by Region. */
  telephony?: Record<string, number>;
  agents?: Record<string, number>;
  signIn?: string[];
  /** When it was intended, in milliseconds since 1970. */
  since?: number;
  why?: string;
  /** How long before it was told it was read, in milliseconds. */
  ageMs?: number;
  by?: "ccp";
  /** Where the agents go: the greatest share. */
  region?: string;
}

export interface Offer {
  contactId: string;
  channel?: string;
  customerId?: string;
  /** A call cannot go on in another Region: `callBack`. What is written can: `resume`. */
  offer: "callBack" | "resume";
}

export interface Context {
  why: Failover["state"];
  region: string;
  fields: Fields;
  /** The answer of `/v1/usernames/{name}`. */
  username: unknown;
  /** The answers of `/v1/contacts/{id}`, by contact. */
  contacts: Record<string, unknown>;
  /** The answers of `/v1/customers/{id}/context`, by customer. */
  customers: Record<string, unknown>;
  /** What no endpoint could tell. */
  missing: string[];
  /** The contacts that were open. */
  offers: Offer[];
}

export interface Resumed {
  fields: Fields;
  /** Milliseconds since 1970 by the endpoint's clock; null where no endpoint answered in time. */
  asOf: number | null;
  ageMs: number | null;
  regions: string[];
}

export type Unsubscribe = () => void;

export interface Session {
  readonly status: Status;
  /** The fields, own writes included. */
  readonly state: Fields;
  resume(waitMs?: number): Promise<Resumed>;
  /** True once it is in the queue and stored; false where the queue is full. Throws TypeError, and RangeError over 16,000 bytes. */
  save(patch: Fields): boolean;
  /** The first good answer to GET `path`; null where there is none, and in a tab that is not the owner. */
  read(path: string): Promise<unknown>;
  onStatus(callback: (status: Status) => void): Unsubscribe;
  /** Each event that an endpoint accepted of this browser's saves, as a CloudEvent with its stamp. */
  onSaved(callback: (event: Record<string, unknown>) => void): Unsubscribe;
  onState(callback: (fields: Fields) => void): Unsubscribe;
  onNotice(callback: (notice: Notice) => void): Unsubscribe;
  /** `here`: this tab has taken over; otherwise another tab or another browser has. */
  onTakenOver(callback: (taken: { by: "tab" | "browser"; here: boolean }) => void): Unsubscribe;
  onContext(callback: (context: Context) => void): Unsubscribe;
  onFailover(callback: (failover: Failover) => void): Unsubscribe;
  /** Each change that a stream tells of. Both endpoints tell of it. */
  onChange(callback: (change: Record<string, unknown>) => void): Unsubscribe;
  takeOver(): void;
  attachStreams(connect: unknown, options?: { attributes?: string[]; customerOf?(attributes: Record<string, string>): string | undefined }): Unsubscribe;
  close(): void;
}

export function createSession(options: Options): Session;

/** A copy as JSON, without credentials of calls, TURN and chat. */
export function scrub(value: unknown): unknown;

export const defaults: Readonly<Settings>;
export const texts: Readonly<Record<NoticeCode, string>>;

/** A parser of text/event-stream, in pieces. */
export class EventParser {
  push(text: string): { messages: { event: string; data: string; id?: string }[]; retry?: number };
}

/** The state machine alone, for tests: docs/desktop.md. */
export class SessionCore {
  constructor(options: {
    id: string; endpoints: Endpoint[]; agent?: Options["agent"]; tab: string; random(): number; newId(): string; settings?: Partial<Settings>;
  });
  handle(event: { type: string }, now: number): ({ do: string } & Record<string, unknown>)[];
  status(now: number): Status;
  readonly state: Fields;
  readonly wake: number;
}
