/**
 * Addresses of Redis and Valkey servers, and the client for each kind.
 *
 * @module
 */
import { createClient, createCluster, createSentinel } from "@redis/client";
import { LektError } from "../base/errors.ts";

/** What the store uses of a client, whichever kind of address it has. */
export interface RedisClient {
  /** Connects; a standalone client goes on trying, the others may reject. */
  connect(): Promise<unknown>;
  /** Runs a script by its SHA-1. */
  evalSha(sha: string, options: ScriptArguments): Promise<unknown>;
  /** Runs a script by its text, which the server keeps from then on. */
  eval(script: string, options: ScriptArguments): Promise<unknown>;
  /** Listens to a sharded channel. */
  sSubscribe(channel: string, listener: ChannelListener): Promise<void>;
  /** Stops listening to a sharded channel. */
  sUnsubscribe(channel: string, listener: ChannelListener): Promise<void>;
  /** Ends at once; what is under way rejects. */
  destroy(): unknown;
  /** Called for the client's events. */
  on(event: string, listener: (value: unknown) => void): unknown;
}

/** Keys and arguments of a script. */
export interface ScriptArguments {
  /** The keys, all of one slot. */
  keys: string[];
  /** Everything else. */
  arguments: string[];
}

/** Called with what was published, and where. */
export type ChannelListener = (message: string, channel: string) => void;

/** A parsed address. */
export interface RedisAddress {
  /** One server, a primary that Sentinels tell, or a cluster. */
  kind: "standalone" | "sentinel" | "cluster";
  /** Servers, or Sentinels, to begin with. */
  nodes: { host: string; port: number }[];
  /** Whether connections use TLS. */
  tls: boolean;
  /** The Sentinels' name for the primary; empty elsewhere. */
  name: string;
  /** The database's number. */
  database: number;
  /** As in the address, where it names one. */
  username?: string;
  /** As in the address, where it has one. Never shown. */
  password?: string;
}

/** How long a TCP connection may take to come about, in milliseconds. */
const CONNECT_TIMEOUT_MS = 2_000;

/** The longest pause before the next attempt to connect, in milliseconds. */
const RECONNECT_MS_MAX = 2_000;

const PORTS = { standalone: 6379, cluster: 6379, sentinel: 26379 };

const ADDRESS =
  /^(?:redis|valkey)(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)(\/.*)?$/;

/**
 * Reads an address, in one of the forms that `openStore` names.
 *
 * @throws {LektError} `INVALID_ARGUMENT`; the text does not hold the password.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const [, tls, suffix, login, hosts, path = ""] = ADDRESS.exec(text) ?? [];
  const kind = (suffix ?? "standalone") as RedisAddress["kind"];
  const segments = path.split("/").slice(1).filter((part) => part !== "");
  const name = kind === "sentinel" ? segments.shift() : "";
  const database = segments.shift() ?? "0";
  if (
    hosts === undefined || name === undefined || segments.length > 0 ||
    !/^\d{1,5}$/.test(database)
  ) throw malformed(text);
  const nodes = hosts.split(",").map((host) => parseNode(host, kind, text));
  if (kind === "standalone" && nodes.length !== 1) throw malformed(text);
  return {
    kind,
    nodes,
    tls: tls === "s",
    name: decode(name, text),
    database: Number(database),
    ...parseLogin(login, text),
  };
}

/** Makes the client for an address; nothing is connected yet. */
export function createRedisClient(address: RedisAddress): RedisClient {
  const { username, password, database, nodes } = address;
  const plain = { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy };
  const socket = address.tls ? { ...plain, tls: true as const } : plain;
  const options = {
    socket,
    database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // Otherwise a command given while the server is away would wait for it.
    disableOfflineQueue: true,
    // Its handshake fails on servers that do not know it, Valkey and Redis 7 among them.
    maintNotifications: "disabled" as const,
  };
  const client = address.kind === "cluster"
    ? createCluster({
      rootNodes: nodes.map((node) => ({
        ...options,
        socket: { ...socket, ...node },
      })),
      defaults: options,
    })
    : address.kind === "sentinel"
    ? createSentinel({
      name: address.name,
      sentinelRootNodes: nodes,
      nodeClientOptions: options,
      sentinelClientOptions: { socket, maintNotifications: "disabled" },
      scanInterval: RECONNECT_MS_MAX,
    })
    : createClient({ ...options, socket: { ...socket, ...nodes[0] } });
  return client as unknown as RedisClient;
}

/** The pause before the next attempt to connect, in milliseconds; jittered, so that many directories do not come back all at once. */
export function reconnectStrategy(retries: number): number {
  const pause = Math.min(50 * 2 ** Math.min(retries, 10), RECONNECT_MS_MAX);
  return pause * (0.5 + Math.random() / 2);
}

function parseNode(
  host: string,
  kind: RedisAddress["kind"],
  text: string,
): { host: string; port: number } {
  const found = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(host);
  const port = Number(found?.[2] ?? PORTS[kind]);
  if (!found?.[1] || port > 0xffff) throw malformed(text);
  return { host: found[1].replace(/^\[|\]$/g, ""), port };
}

function parseLogin(
  login: string | undefined,
  text: string,
): Pick<RedisAddress, "username" | "password"> {
  if (login === undefined) return {};
  const [username = "", ...rest] = login.split(":");
  return {
    ...(username === "" ? {} : { username: decode(username, text) }),
    ...(rest.length === 0 ? {} : { password: decode(rest.join(":"), text) }),
  };
}

function decode(part: string, text: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed(text);
  }
}

function malformed(text: string): LektError {
  const shown = text.replace(/\/\/.*@/, "//…@");
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot use "${shown}" as a store: expected redis://HOST:PORT, redis+sentinel://HOST:PORT,…/NAME or redis+cluster://HOST:PORT,…`,
  );
}
