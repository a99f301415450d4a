@0xf2a4c0d1e83b6a18;
# GPUs of a node and the leases of their memory (docs/how-to/gpu.md).

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

enum GpuMode {
  idle @0 $Hive.doc("No lease.");
  shared @1 $Hive.doc("Leases share its memory.");
  exclusive @2 $Hive.doc("One lease has it to itself.");
}

enum GpuAvailability {
  ok @0;
  unknown @1 $Hive.doc("Not observed lately. Nothing is granted on it; leases go on.");
  lost @2 $Hive.doc("The driver has lost it, or says that it must be reset.");
  refused @3 $Hive.doc("Not leased at all, such as a device in MIG mode.");
  quarantined @4 $Hive.doc("Memory of an ended lease did not come back. Ends when the device was seen idle three times, or by an operator.");
}

struct GpuInfo $Hive.doc("A GPU. Reserved, foreign, quarantined, leased and free memory add up to vram_mib.") {
  uuid @0 :Text $Hive.required;
  name @1 :Text;
  vramMib @2 :UInt64 $Hive.doc("All memory of the device.");
  freeMib @3 :UInt64 $Hive.doc("What can be leased now.");
  mode @4 :GpuMode;
  simulated @5 :Bool $Hive.doc("Configured, not present: for demonstrations and for benchmarks on the CPU.");
  state @6 :GpuAvailability;
  reason @7 :Text $Hive.doc("Why nothing is granted on it.");
  leasedMib @8 :UInt64;
  reservedMib @9 :UInt64 $Hive.doc("Kept by the driver.");
  foreignMib @10 :UInt64 $Hive.doc("Used by processes without a lease.");
  quarantinedMib @11 :UInt64 $Hive.doc("Leased before, and not seen free since.");
  leases @12 :List(Text) $Hive.doc("Ids of the leases on it.");
  usedMib @13 :Float64 = nan $Hive.nullable $Hive.doc("As the driver reports it; absent while unknown.");
  minorNumber @14 :Int32 = -1 $Hive.doc("N in /dev/nvidiaN; -1 when unknown.");
  driver @15 :Text;
}

struct GpuQuery {
}

struct GpuList {
  gpus @0 :List(GpuInfo) $Hive.doc("Ordered by uuid.");
  reason @1 :Text $Hive.doc("Why there is none.");
  queued @2 :UInt32 $Hive.doc("Requests that wait.");
}

struct ClearQuarantine $Hive.doc("Says that the device is free although it was not seen free.") {
  uuid @0 :Text $Hive.id $Hive.required;
}

# -- leases --------------------------------------------------------------------------------------------------------

enum LeaseState {
  queued @0;
  reserved @1 $Hive.doc("Granted, and on its way to the disk.");
  active @2;
  revoking @3 $Hive.doc("The holder was asked to give it back.");
  killing @4 $Hive.doc("The holder's processes are being killed.");
  releasing @5 $Hive.doc("Given back; its processes are still there.");
  draining @6 $Hive.doc("Its processes are gone; its memory has not been seen free yet.");
  ended @7;
}

enum LeaseOutcome {
  open @0 $Hive.doc("Not ended.");
  released @1;
  expired @2 $Hive.doc("Its holder did not renew it in time.");
  overdue @3 $Hive.doc("It reached its longest duration.");
  overused @4 $Hive.doc("It used more memory than it leased.");
  revoked @5 $Hive.doc("By an operator.");
  holderGone @6 $Hive.doc("Its holder, or who asked for it, has ended.");
  deviceLost @7;
  cancelled @8 $Hive.doc("While it waited.");
  infeasible @9 $Hive.doc("No device can ever satisfy it.");
  notStored @10 $Hive.doc("The store refused it.");
}

struct RequestLease $Hive.doc("Asks for memory of a GPU, or for whole GPUs.") {
  vramGb @0 :Float64 $Hive.required $Hive.min(0.001) $Hive.max(100000) $Hive.doc(
      "GB (10⁹ bytes) on each device, with the CUDA context; less than 512 MiB counts as 512 MiB. An exclusive lease has all memory of its devices, which must have at least this much.");
  holder @1 :Text $Hive.id $Hive.doc(
      "Who holds it. The name of a configured access token stands above it; `operator` when absent.");
  ttlS @2 :Float64 = 30 $Hive.min(1) $Hive.max(3600) $Hive.doc("Ends without a renewal for this long.");
  maxDurationS @3 :Float64 $Hive.min(0) $Hive.max(604800) $Hive.doc(
      "Ends after this time at the latest. When absent: 1.5 times what 95 of 100 earlier leases of the holder took, or an hour.");
  shared @4 :Bool $Hive.doc("Other leases may be on the same device.");
  priority @5 :Int32 $Hive.min(-100) $Hive.max(100) $Hive.doc(
      "Each step counts as ten minutes of waiting.");
  devices @6 :UInt32 = 1 $Hive.min(1) $Hive.max(64) $Hive.doc("Devices of one node, all or none.");
  key @7 :Text $Hive.id $Hive.doc(
      "A secret of the sender: a repeated request with the same key has the same lease, and its token. The node makes one when absent.");
  wait @8 :Bool = true $Hive.query $Hive.doc("false: answers 202 at once when it has to wait. Otherwise that answer comes after 30 seconds.");
  timed @9 :Bool $Hive.doc("For time measurements: no other timed lease of the node is active meanwhile. Requires exclusive devices.");
  pid @10 :UInt32 $Hive.omitDefault $Hive.doc("Process of this machine that holds it; see RenewLease.");
}

struct LeasedDevice {
  uuid @0 :Text $Hive.required;
  name @1 :Text;
  vramMib @2 :UInt64 $Hive.doc("Leased on this device.");
  minorNumber @3 :Int32 = -1;
  simulated @4 :Bool $Hive.omitDefault;
  peakMib @5 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Most memory seen in use by the lease.");
  drained @6 :Bool $Hive.omitDefault $Hive.doc("Its memory has been seen free again.");
}

struct LeaseProcess $Hive.doc("A process that holds a lease.") {
  pid @0 :UInt32;
  startedTicks @1 :UInt64 $Hive.doc("Field 22 of /proc/PID/stat.");
  bootId @2 :Text;
}

struct Lease $Hive.doc("The right to use memory of GPUs until it ends.") {
  id @0 :Text $Hive.id $Hive.required;
  token @1 :Text $Hive.maxLength(128) $Hive.doc("Proves who holds it; only in answers to its holder. Grows with every grant of a node.");
  device @2 :Text $Hive.doc("UUID of the first device.");
  vramMib @3 :UInt64 $Hive.doc("Leased on each device.");
  state @4 :LeaseState;
  expiresAt @5 :Int64 $Hive.unixMicros $Hive.doc("Without a renewal.");
  holder @6 :Text $Hive.id;
  outcome @7 :LeaseOutcome;
  reason @8 :Text $Hive.maxLength(4096) $Hive.doc("Why it ended or is being revoked.");
  devices @9 :List(LeasedDevice) $Hive.maxLength(64);
  devicesWanted @10 :UInt32;
  shared @11 :Bool;
  timed @12 :Bool $Hive.omitDefault;
  priority @13 :Int32 $Hive.omitDefault;
  ttlS @14 :Float64;
  maxDurationS @15 :Float64;
  durationFromHistory @16 :Bool $Hive.omitDefault $Hive.doc("Whether max_duration_s was derived from the holder's earlier leases.");
  key @17 :Text $Hive.maxLength(64) $Hive.doc("Of the request; only in answers to its holder.");
  requestedAt @18 :Int64 $Hive.unixMicros;
  grantedAt @19 :Int64 $Hive.unixMicros;
  endsAt @20 :Int64 $Hive.unixMicros $Hive.doc("At the latest.");
  endedAt @21 :Int64 $Hive.unixMicros;
  promisedAt @22 :Int64 $Hive.unixMicros $Hive.doc("When it starts at the latest, unless a device fails. Given to the request whose turn is next.");
  node @23 :Text $Hive.doc("Node of the devices.");
  enforcement @24 :Text $Hive.doc("What holds it to its memory: none, kernel or mps. With none, what it uses too much is seen and revoked.");
  process @25 :LeaseProcess $Hive.doc("Of this machine, when it was named.");
  ready @26 :Bool $Hive.omitDefault $Hive.doc("Whether its loading phase is over.");
  sequence @27 :UInt64 $Hive.omitDefault $Hive.doc("Number of the grant on its node, in the token.");
  epoch @28 :UInt64 $Hive.omitDefault $Hive.doc("Start of the node in which it was granted.");
  local @29 :Bool $Hive.omitDefault $Hive.doc("Held by an adapter or service of the node itself, or by an engine over its connection, with which it ends.");
  vramWantedMib @30 :UInt64 $Hive.omitDefault $Hive.doc("What was asked for on each device.");
  evidence @32 :RunEvidence $Hive.doc("What was seen while it was in use.");
  patienceS @31 :Float64 $Hive.omitDefault $Hive.doc("Ends in the queue unless it is asked for within this time; 0: it waits as long as it takes.");
}

enum RunQuality {
  clean @0;
  disturbed @1 $Hive.doc("Something beside the benchmark had a part in its figures; an upgrade check draws no conclusion from them.");
  simulated @2 $Hive.doc("Computed by the processor on a simulated device; never compared with a real one.");
}

enum PeakSource {
  unknown @0;
  polled @1 $Hive.doc("The most that the probe saw; peaks between polls are missed.");
  accounting @2 $Hive.doc("The driver's own high-water mark.");
  cgroup @3;
  self @4 $Hive.doc("What the program says.");
}

struct DeviceEvidence $Hive.doc("What a device went through while a benchmark ran on it. Absent: not known.") {
  uuid @0 :Text $Hive.required;
  name @1 :Text;
  peakMib @2 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  peakSource @3 :PeakSource;
  clockEvents @4 :UInt64 $Hive.omitDefault $Hive.doc("Bits of NVML's clock event reasons that were seen.");
  throttledS @5 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Time with reasons that disturb: power and heat.");
  smMhzMin @6 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Clock of the multiprocessors while it was busy.");
  smMhzMedian @7 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  maxTemperatureC @8 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  eccErrors @9 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Uncorrected errors that came meanwhile.");
  pcieGeneration @10 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Lowest that was seen while it was busy.");
  pcieWidth @11 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  bandwidthBefore @12 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("GB/s, measured by hive-gpu-report before the run.");
  bandwidthAfter @13 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  coTenants @14 :List(Text) $Hive.maxLength(64) $Hive.doc("Other leases that were on it meanwhile.");
  foreignMib @15 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Most memory of processes without a lease.");
  observations @16 :UInt32 $Hive.omitDefault $Hive.doc("Polls that saw it.");
  simulated @17 :Bool $Hive.omitDefault;
  unobservedS @18 :Float64 $Hive.min(0) $Hive.omitDefault $Hive.doc("Time for which nothing was known of it.");
  pcieMaxGeneration @19 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc(
      "Of the device in this machine; when that is not known, the highest that was seen.");
  pcieMaxWidth @20 :Float64 = nan $Hive.nullable $Hive.omitDefault;
}

struct RunEvidence $Hive.doc("How a benchmark was measured on GPUs.") {
  quality @0 :RunQuality;
  reasons @1 :List(Text) $Hive.maxLength(64) $Hive.doc("Why it is not clean.");
  lease @2 :Text $Hive.doc("Id of the lease.");
  token @3 :Text $Hive.doc("Node, epoch and number of the grant.");
  exclusive @4 :Bool;
  timed @5 :Bool;
  driver @6 :Text;
  devices @7 :List(DeviceEvidence) $Hive.maxLength(64);
  declaredS @8 :Float64 $Hive.doc("Longest duration of the lease.");
  durationFromHistory @9 :Bool $Hive.omitDefault;
  boundedBy @10 :Text $Hive.doc("What bounded memory and processes of the program.");
  durationS @11 :Float64 $Hive.min(0) $Hive.omitDefault $Hive.doc("From the grant until it was given back.");
}

struct LeaseQuery {
  id @0 :Text $Hive.id $Hive.required;
  token @1 :Text $Hive.maxLength(128) $Hive.doc(
      "The lease's token, which is then in the answer. Of a request that waits, its key, which keeps it in the queue.");
}

struct LeaseListQuery {
}

struct LeaseList $Hive.maxBytes(16777216) {
  leases @0 :List(Lease) $Hive.doc("Those that hold memory, by their grants; then those that wait, in their order.");
}

struct LeaseHistoryQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of entries in a page.");
  after @1 :Text $Hive.id $Hive.doc("Continues after this lease: `next` of the previous page.");
  holder @2 :Text $Hive.id $Hive.doc("Only leases of this holder.");
}

struct LeaseHistory $Hive.maxBytes(16777216) {
  leases @0 :List(Lease) $Hive.doc("Ended ones, the newest first.");
  next @1 :Text $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
}

struct RenewLease $Hive.doc("Extends a lease by its ttl, up to its longest duration.") {
  id @0 :Text $Hive.id $Hive.required;
  token @1 :Text $Hive.required $Hive.maxLength(128);
  ready @2 :Bool $Hive.doc("Loading is over: the next shared lease of the device may start.");
  pid @3 :UInt32 $Hive.omitDefault $Hive.doc(
      "Leader of the process group that uses the memory. Its environment must have HIVE_LEASE_TOKEN, the token. It is killed when it does not give the lease back.");
}

struct ReleaseLease $Hive.doc("Gives a lease back, or withdraws a request that waits.") {
  id @0 :Text $Hive.id $Hive.required;
  token @1 :Text $Hive.maxLength(128) $Hive.doc(
      "The lease's; of a request that waits, its key. Operators need none, and revoke it.");
  reason @2 :Text $Hive.maxLength(1024) $Hive.doc("Of an operator who revokes it.");
  now @3 :Bool $Hive.doc("Kills the holder's processes without asking first.");
}

struct LeaseRevoked $Hive.doc("Tells an engine that a lease has ended, or is being taken away: it gives it back at once, or is ended by force.") {
  id @0 :Text $Hive.id $Hive.required;
  reason @1 :Text $Hive.maxLength(4096);
}

struct ExplainLease {
  id @0 :Text $Hive.id $Hive.required;
}

struct LeaseExplanation $Hive.doc("What a request waits for.") {
  lease @0 :Lease;
  position @1 :UInt32 $Hive.doc("In the queue, from 1; 0 when it does not wait.");
  explanation @2 :Text $Hive.doc("In one or two sentences.");
  expectedAt @3 :Int64 $Hive.unixMicros $Hive.doc(
      "When it is expected to start if all leases last as long as they may; no promise.");
  blockers @4 :List(LeaseBlocker);
}

struct LeaseBlocker {
  device @0 :Text;
  lease @1 :Text $Hive.doc("Absent when the device itself is the reason.");
  reason @2 :Text;
  until @3 :Int64 $Hive.unixMicros $Hive.doc("At the latest; absent when unknown.");
}

# -- in the hive -----------------------------------------------------------------------------------------------------

struct SharedGpu {
  vramMib @0 :UInt64 $Hive.doc("What a lease can have of it.");
  freeMib @1 :UInt64;
  mode @2 :GpuMode;
  usable @3 :Bool $Hive.doc("Whether leases are granted on it now.");
  simulated @4 :Bool;
}

struct NodeGpus $Hive.maxBytes(16384) $Hive.doc("What a node tells the others about its GPUs.") {
  gpus @0 :List(SharedGpu) $Hive.maxLength(64);
  queued @1 :UInt32;
  headPromisedAt @2 :Int64 $Hive.unixMicros $Hive.doc("When the next request starts at the latest.");
}
