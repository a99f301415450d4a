// An agent that is instrumented by the semantic conventions of OpenTelemetry and knows nothing of Hivemark:
// node agent.mjs (http|proto) RUNS FAILURES. Where to send is in the environment, as OpenTelemetry has it.

import { SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const [encoding, runs, failures] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const exporter = encoding === "proto" ? new ProtobufExporter() : new JsonExporter();
const outcomes = [];
const provider = new NodeTracerProvider({
  spanProcessors: [
    new BatchSpanProcessor({
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          outcomes.push({ code: result.code, error: result.error && String(result.error) });
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
    }),
  ],
});
provider.register();
const tracer = trace.getTracer("agent");

for (let i = 0; i < runs; ++i)
  tracer.startActiveSpan(
    "invoke_agent weather",
    { attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather bot" } },
    (run) => {
      for (let step = 0; step < 2; ++step)
        tracer.startActiveSpan("chat", (chat) => {
          chat.setAttributes({
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "model-x",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.input.messages": "a prompt that is nobody's business",
          });
          chat.end();
        });
      tracer.startActiveSpan("execute_tool forecast", (tool) => {
        tool.setAttributes({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "forecast" });
        tool.end();
      });
      tracer.startActiveSpan("GET", (request) => request.end());
      if (i < failures) {
        run.setAttribute("error.type", "timeout");
        run.setStatus({ code: SpanStatusCode.ERROR });
      }
      run.end();
    },
  );
await provider.shutdown().catch(() => {}); // what failed is among the outcomes
process.stdout.write(JSON.stringify(outcomes));
