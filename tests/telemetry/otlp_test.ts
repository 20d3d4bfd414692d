// What leaves the process: a program with telemetry, and a collector of OTLP here.
import { assert, assertEquals } from "@std/assert";
import {
  coverageVariables,
  measureChildren,
} from "../helpers/child_coverage.ts";
import { ROOT } from "../helpers/pages.ts";

measureChildren();

/** So long may the program run on a busy machine, in milliseconds; a quiet one takes one second. */
const DEADLINE_MS = 240_000;

interface Attribute {
  key: string;
  value: { stringValue?: string; boolValue?: boolean; intValue?: string };
}

interface Span {
  name: string;
  kind: number;
  spanId: string;
  parentSpanId: string;
  attributes: Attribute[];
  status: { code?: number };
}

interface Point {
  attributes: Attribute[];
  asInt?: string | number;
  asDouble?: number;
  count?: string | number;
}

interface Metric {
  name: string;
  unit: string;
  sum?: { dataPoints: Point[] };
  histogram?: { dataPoints: Point[] };
}

/** The body of one request, as far as it is used. */
interface Exported {
  resourceSpans?: {
    scopeSpans: { scope: { name: string }; spans: Span[] }[];
  }[];
  resourceMetrics?: {
    scopeMetrics: { scope: { name: string }; metrics: Metric[] }[];
  }[];
}

/** Lets in alice, and nobody else; is contacted by somebody who speaks something else, too. */
const PROGRAM = `
  import { connect, listen } from "@lekt/lekt";
  import { instrument } from "@lekt/lekt/telemetry";
  instrument();
  const listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: ({ nickname }) => nickname === "alice",
  });
  const serving = listener.serve(async (connection) => {
    for await (const message of connection) {
      await connection.send(await message.text());
    }
  });
  await connect(listener.methods, { nickname: "eve" }).catch(() => {});
  const stranger = await Deno.connect({
    port: Number(new URL(listener.methods[0]).port),
    hostname: "127.0.0.1",
  });
  await stranger.write(new TextEncoder().encode("GET / HTTP/1.1\\r\\n\\r\\n"));
  await stranger.read(new Uint8Array(1)).catch(() => {});
  stranger.close();
  const bob = await connect(listener.methods, { nickname: "alice" });
  await bob.send("hello");
  await bob.receive();
  await bob.close();
  await listener.shutdown();
  await serving;
`;

/** Runs a program that exports to a collector here, and gives all that it got. */
async function collect(program: string): Promise<Exported[]> {
  const exported: Exported[] = [];
  const collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      exported.push(await request.json());
      return Response.json({});
    },
  );
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, program);
    const config = new URL("deno.json", ROOT).pathname;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "--config", config],
        ...["--allow-net=127.0.0.1", path],
      ],
      env: {
        ...coverageVariables(),
        OTEL_DENO: "true",
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
      },
      stdin: "null",
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  } finally {
    await collector.shutdown();
    await Deno.remove(path);
  }
  return exported;
}

/** The value of an attribute. */
function valueOf(
  { attributes }: { attributes: Attribute[] },
  key: string,
): unknown {
  const found = attributes.find((each) => each.key === key);
  return Object.values(found?.value ?? {})[0];
}

/** The newest points of a metric, as its attributes and value. */
function points(metrics: Metric[], name: string): unknown[] {
  const metric = metrics.filter((each) => each.name === name).at(-1);
  assert(metric, `${name} was not exported`);
  const { dataPoints } = metric.sum ?? metric.histogram!;
  return dataPoints.map((point) => [
    ...point.attributes.map(({ value }) => String(Object.values(value)[0]))
      .sort(),
    Number(point.asInt ?? point.asDouble ?? point.count),
  ]).sort();
}

Deno.test({
  name: "spans and metrics of connections reach a collector by OTEL_DENO=true",
  // The signal that ends the child when it hangs is freed with the process.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const exported = await collect(PROGRAM);
    const spans = exported.flatMap(({ resourceSpans = [] }) => resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .filter(({ scope }) => scope.name === "@lekt/lekt")
      .flatMap((each) => each.spans);
    const named = (name: string) => spans.filter((each) => each.name === name);
    assertEquals(
      ["lekt.connect", "lekt.accept", "lekt.connection"]
        .map((name) => named(name).length),
      [2, 3, 2],
    );
    const parents = new Set(
      [...named("lekt.connect"), ...named("lekt.accept")]
        .filter(({ status }) => status.code === 1).map(({ spanId }) => spanId),
    );
    assertEquals(
      new Set(named("lekt.connection").map((each) => each.parentSpanId)),
      parents,
    );
    assertEquals(
      named("lekt.accept").map((span) => valueOf(span, "error.type") ?? "")
        .sort(),
      ["", "PROTOCOL", "REJECTED"],
    );

    const metrics = exported
      .flatMap(({ resourceMetrics = [] }) => resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .filter(({ scope }) => scope.name === "@lekt/lekt")
      .flatMap((each) => each.metrics);
    assertEquals(points(metrics, "lekt.attempts"), [
      ["PROTOCOL", "responder", 1],
      ["REJECTED", "initiator", 1],
      ["REJECTED", "responder", 1],
      ["connected", "initiator", 1],
      ["connected", "responder", 1],
    ]);
    assertEquals(points(metrics, "lekt.attempt.duration").length, 5);
    assertEquals(points(metrics, "lekt.connections.open"), [
      ["initiator", 0],
      ["responder", 0],
    ]);
    assertEquals(points(metrics, "lekt.misbehaviours"), [
      ["PROTOCOL", "handshake", "responder", 1],
    ]);
    assertEquals(points(metrics, "lekt.messages"), [
      ["initiator", "receive", 1],
      ["initiator", "transmit", 1],
      ["receive", "responder", 1],
      ["responder", "transmit", 1],
    ]);
    assertEquals(points(metrics, "lekt.connection.duration").length, 2);
  },
});
