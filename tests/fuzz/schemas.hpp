#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/gpu_probe.capnp.h"
#include "messages/guardrail.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/node.capnp.h"
#include "messages/research.capnp.h"
#include "messages/review.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "messages/upgrade.capnp.h"

#include <cstddef>

namespace hive::fuzz {

/// Calls `f.template operator()<T>()` for the type selected by the number.
template <class... Ts, class F>
void choose(size_t number, F&& f) {
  size_t at = 0;
  number %= sizeof...(Ts);
  ((at++ == number ? f.template operator()<Ts>() : void()), ...);
}

/// Types that arrive as JSON: request bodies, outputs of commands, files, stored documents.
template <class F>
void choose_document(size_t number, F&& f) {
  using namespace wire;
  choose<CaptureRequest, ImportSnapshot, Snapshot, CommandSpec, Measurement, ObserveModel, ModelFile, ProbeQuestion,
         WorldModelStats, RecordTasks, LearningDelta, StartResearch, ResearchIteration, ResearchImprovement,
         FinishResearch, GuardrailManifest, UpgradeCheck, PageQuery, StartSpawned, KeepSpawned, StartReview, Review,
         GpuReport>(number, f);
}

/// Types that arrive as Cap'n Proto messages: from other nodes, from engines, and from the store.
template <class F>
void choose_message(size_t number, F&& f) {
  using namespace wire;
  choose<Knock, SignedHello, HelloAnswer, Hello, HiveDigest, HiveDelta, MemberClaims, GossipQuestion, GossipAnswer,
         NodeCard, SharedTools, SharedResults, SpawnRequest, SpawnTicket, SpawnAdapter, SpawnResearch, EndSpawned,
         SpawnedEnded, RecordTasks, RouteQuery, BestToolQuery, ResearchSession, Snapshot, Measurement, NodeMeta,
         TaskSource, Review, BaseRuns, RequestLease, Lease, LeaseQuery, RenewLease, ReleaseLease, LeaseRevoked,
         NodeGpus>(number, f);
}

} // namespace hive::fuzz
