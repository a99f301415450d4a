@0xf2a4c0d1e83b6a15;
# Requests of probes to OpenAI-compatible endpoints.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct ChatTurn {
  role @0 :Text $Hive.required $Hive.maxLength(32);
  content @1 :Text $Hive.required $Hive.maxLength(32768);
}

struct ChatCompletion $Hive.doc("Body of POST /chat/completions, as far as probes need it.") {
  model @0 :Text $Hive.required $Hive.maxLength(256);
  messages @1 :List(ChatTurn) $Hive.required;
  temperature @2 :Float64 = 1 $Hive.min(0) $Hive.max(2) $Hive.omitDefault;
  maxTokens @3 :UInt32 $Hive.omitDefault $Hive.doc(
      "Either this or max_completion_tokens is set: reasoning models reject max_tokens.");
  maxCompletionTokens @4 :UInt32 $Hive.omitDefault;
  stream @5 :Bool;
}
