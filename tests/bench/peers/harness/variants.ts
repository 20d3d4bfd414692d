/**
 * Who is measured: an adapter, the runtime it runs on, and the direction in
 * which it sends.
 *
 * @module
 */

/** Which end sends: the one that dialled, or the one that listened. */
export type Direction = "client to server" | "server to client";

/** One column of the comparison. */
export interface Variant {
  /** Unique, for `--variants` and the JSON. */
  id: string;
  /** For people. */
  title: string;
  /** The adapter's file, without its ending. */
  adapter: string;
  runtime: "deno" | "node";
  direction: Direction;
  /** What it stands for: bare TCP, bare TCP used in one way, our wire by hand, us, us in another way of use, the same of another checkout, or an alternative. */
  kind:
    | "raw"
    | "limit"
    | "batches limit"
    | "hand-written"
    | "lekt"
    | "lekt batches"
    | "beside"
    | "beside batches"
    | "alternative";
  /** The npm packages it rests on. */
  packages: readonly string[];
  /** The folder of the checkout that is measured. Default: this one. */
  checkout?: string;
  /** The workloads of `bench:peers` in which it takes part. Default: all. */
  workloads?: readonly string[] | undefined;
}

/** Those of `variants` that take part in a workload of `bench:peers`. */
export function participants(
  variants: readonly Variant[],
  workload: string,
): Variant[] {
  return variants.filter(({ workloads }) =>
    workloads === undefined || workloads.includes(workload)
  );
}

const SMALL = ["64B", "1KiB"];
const KEPT = [...SMALL, "64KiB", "1MiB", "64MiB"];
const STREAMED = ["256KiB-streamed", "1MiB-streamed", "64MiB-streamed"];
const RESTED = ["rested"];
const UP: Direction = "client to server";
const DOWN: Direction = "server to client";
const LIBP2P = [
  "libp2p",
  "@libp2p/interface",
  "@libp2p/tcp",
  "@libp2p/plaintext",
  "@chainsafe/libp2p-yamux",
  "@multiformats/multiaddr",
  "it-length-prefixed",
];

/** All of them, the limit first. */
export const VARIANTS: readonly Variant[] = [
  variant("raw", "raw Deno TCP", "raw_tcp", "deno", UP, [], "raw"),
  {
    ...variant("raw-await", "raw, for await, kept", "raw_kept", "deno", UP),
    kind: "limit",
    workloads: [...KEPT, "ping-pong"],
  },
  {
    ...variant("raw-batches", "raw, batches, kept", "raw_kept", "deno", UP),
    kind: "batches limit",
    workloads: SMALL,
  },
  {
    ...variant("raw-greeted", "raw, greeted", "raw_greeted", "deno", UP),
    kind: "limit",
    workloads: ["open"],
  },
  {
    ...variant("raw-streamed", "raw, streamed", "raw_streamed", "deno", UP),
    kind: "limit",
    workloads: [...STREAMED, "overtake", "memory"],
  },
  {
    ...variant(
      "hand-kept",
      "hand-written, kept",
      "hand_written_kept",
      "deno",
      UP,
    ),
    kind: "hand-written",
    workloads: [...KEPT, "ping-pong", "open", "first"],
  },
  {
    ...variant(
      "hand-lent",
      "hand-written, lent",
      "hand_written_lent",
      "deno",
      UP,
    ),
    kind: "hand-written",
    workloads: [
      ...SMALL,
      ...STREAMED,
      "ping-pong",
      "overtake",
      "memory",
      ...RESTED,
    ],
  },
  variant("lekt", "lekt", "lekt", "deno", UP, [], "lekt"),
  {
    ...variant("lekt-batches", "lekt, taken in batches", "lekt", "deno", UP),
    kind: "lekt batches",
    workloads: SMALL,
  },
  variant(
    "deno-websocket",
    "Deno's WebSocket",
    "deno_websocket",
    "deno",
    UP,
  ),
  variant(
    "deno-websocket-down",
    "Deno's WebSocket, server to client",
    "deno_websocket",
    "deno",
    DOWN,
  ),
  variant("ws-node", "ws on Node", "ws", "node", UP, ["ws", "bufferutil"]),
  variant(
    "ws-node-down",
    "ws on Node, server to client",
    "ws",
    "node",
    DOWN,
    ["ws", "bufferutil"],
  ),
  variant("ws-deno", "ws on Deno", "ws", "deno", UP, ["ws", "bufferutil"]),
  variant(
    "ws-deno-down",
    "ws on Deno, server to client",
    "ws",
    "deno",
    DOWN,
    ["ws", "bufferutil"],
  ),
  variant("libp2p", "js-libp2p", "libp2p", "node", UP, LIBP2P),
  variant("protomux", "protomux", "protomux", "node", UP, [
    "protomux",
    "framed-stream",
  ]),
  variant("zeromq", "ZeroMQ", "zeromq", "node", UP, ["zeromq"]),
];

/** Another checkout of lekt, which `title` names, measured as this one is. */
export function variantsBeside(checkout: string, title: string): Variant[] {
  return [
    {
      ...variant("beside", title, "lekt", "deno", UP, [], "beside"),
      checkout,
    },
    {
      ...variant(
        "beside-batches",
        `${title}, taken in batches`,
        "lekt",
        "deno",
        UP,
        [],
        "beside batches",
      ),
      checkout,
      workloads: SMALL,
    },
  ];
}

/** Whether a message can overtake another one: bare TCP has none. */
export function hasMessages({ kind }: Variant): boolean {
  return kind !== "raw" && kind !== "limit";
}

/** Whether the application takes its messages in batches. */
export function isBatched({ kind }: Variant): boolean {
  return kind === "lekt batches" || kind === "beside batches" ||
    kind === "batches limit";
}

function variant(
  id: string,
  title: string,
  adapter: string,
  runtime: "deno" | "node",
  direction: Direction,
  packages: readonly string[] = [],
  kind: Variant["kind"] = "alternative",
): Variant {
  return { id, title, adapter, runtime, direction, packages, kind };
}
