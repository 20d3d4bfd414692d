#!/usr/bin/env bash
# @opentelemetry/otlp-transformer 0.223.1, which the exporters of OpenTelemetry use,
# read by @bufbuild/protobuf 2.17.0.
#
# One and the same span goes out as JSON (exporter-trace-otlp-http) or as protobuf
# (exporter-trace-otlp-proto), and OTLP has both mean the same. As protobuf every
# number arrives. As JSON:
# - a whole number that is too large for an int64, 1e20 or 2 ** 63, is an `intValue`: a
#   reader that keeps to the format refuses the request, and with it all other spans
#   in it. The protobuf has a `doubleValue` there;
# - NaN and Infinity are `doubleValue: null`, by which JSON of protobuf says that
#   nothing is set (it has the strings "NaN" and "Infinity"): the attribute arrives
#   without a value.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund \
  @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @opentelemetry/otlp-transformer@0.223.1 @bufbuild/protobuf@2.17.0

cat >try.mjs <<'JS'
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { create, createFileRegistry, fromBinary, fromJson, toJson } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

// As much of the messages of OTLP as leads to the attributes of a span.
const message = (name, ...fields) => ({
  name,
  oneofDecl: fields.some((field) => field[3] === "value") ? [{ name: "value" }] : [],
  field: fields.map(([name, number, type, choice]) => ({
    name,
    number,
    jsonName: name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
    label: type.startsWith("*") ? 3 : 1,
    ...typeof choice === "string" ? { oneofIndex: 0 } : {},
    ...type.replace("*", "") === "string" ? { type: 9 } : type === "int64" ? { type: 3 } : type === "double"
      ? { type: 1 }
      : { type: 11, typeName: `.${type.replace("*", "")}` },
  })),
});
const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: "otlp.proto",
    syntax: "proto3",
    messageType: [
      message("Value", ["int_value", 3, "int64", "value"], ["double_value", 4, "double", "value"]),
      message("Attribute", ["key", 1, "string"], ["value", 2, "Value"]),
      message("Span", ["attributes", 9, "*Attribute"]),
      message("ScopeSpans", ["spans", 2, "*Span"]),
      message("ResourceSpans", ["scope_spans", 2, "*ScopeSpans"]),
      message("Request", ["resource_spans", 1, "*ResourceSpans"]),
    ],
  }),
  () => undefined,
);
const schema = registry.getMessage("Request");
const show = (request) => {
  const { value } = toJson(schema, request).resourceSpans[0].scopeSpans[0].spans[0].attributes[0];
  return value && JSON.stringify(value);
};
for (const number of [5, 1.5, 2 ** 63, 1e20, NaN, Infinity]) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.getTracer("tracer").startSpan("span").setAttribute("number", number).end();
  const spans = exporter.getFinishedSpans();
  const binary = fromBinary(schema, ProtobufTraceSerializer.serializeRequest(spans));
  const text = new TextDecoder().decode(JsonTraceSerializer.serializeRequest(spans));
  let read;
  try {
    read = show(fromJson(schema, JSON.parse(text), { ignoreUnknownFields: true }));
  } catch (error) {
    read = `refused (${error.message.replace(/.*field /, "")})`;
  }
  console.log(`${number}: protobuf ${show(binary)}, JSON ${read}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '5: protobuf {"intValue":"5"}, JSON {"intValue":"5"}
1.5: protobuf {"doubleValue":1.5}, JSON {"doubleValue":1.5}
9223372036854776000: protobuf {"doubleValue":9223372036854776000}, JSON refused (Value.int_value from JSON: expected bigint (int64): 9223372036854776000 out of range)
100000000000000000000: protobuf {"doubleValue":100000000000000000000}, JSON refused (Value.int_value from JSON: expected bigint (int64): 100000000000000000000 out of range)
NaN: protobuf {"doubleValue":"NaN"}, JSON {}
Infinity: protobuf {"doubleValue":"Infinity"}, JSON {}' ] || { echo "changed" >&2; exit 1; }
