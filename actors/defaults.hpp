#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound and timeout of the actors, with its reason.
namespace hive::defaults {

using namespace std::chrono_literals;

// -- store ---------------------------------------------------------------------

// A write itself has no timeout (docs/decisions/0018); these bounds keep what waits for the disk finite.

/// Write sets that may wait for the disk. Above it new ones are refused, so memory stays bounded.
inline constexpr size_t max_pending_commits = 65'536;
/// Bytes that may wait for the disk.
inline constexpr size_t max_pending_commit_bytes = size_t{256} << 20;

// -- benchmark -----------------------------------------------------------------

/// Captures at the same time; each already runs all its adapters at once.
inline constexpr size_t max_concurrent_captures = 4;
/// Registered adapters of one node; each costs an actor and a line in every snapshot.
inline constexpr size_t max_adapters = 1'000;
/// Bytes of captures that are read for one page of a version's list: 0.1 s of the registry's time.
inline constexpr size_t max_capture_list_bytes = size_t{32} << 20;
/// An adapter's time when its configuration names none.
inline constexpr auto adapter_timeout = 300s;
/// Given to an adapter on top of its timeout to report the timeout itself, before it is given up. Longer than
/// process_kill_grace, process_drain and process_reply_slack together, so that a command which ignores SIGTERM is told
/// apart from an adapter which hangs.
inline constexpr auto adapter_grace = 5s;
/// Times that one capture measures with each adapter; a mean gains nothing beyond it.
inline constexpr uint32_t max_repeats = 1'000;
/// Largest test report or test output that is read: some 20,000 tests with what they print.
inline constexpr size_t max_test_report_bytes = size_t{8} << 20;
/// Child processes at the same time; more wait.
inline constexpr size_t max_processes = 8;
/// Child processes that may wait for a free place.
inline constexpr size_t max_waiting_processes = 256;
/// After SIGTERM a process group has this long before SIGKILL.
inline constexpr auto process_kill_grace = 2s;
/// Longest run of a child process.
inline constexpr auto max_process_timeout = 24h;
/// After a process has ended, descendants that left its group have this long to let go of its output.
inline constexpr auto process_drain = 500ms;
/// On top of all the above, for the runner's answer to arrive on a busy machine.
inline constexpr auto process_reply_slack = 1s;
/// Most bytes kept of one output stream of a child process.
inline constexpr size_t max_process_output_bytes = size_t{64} << 20;
/// Observations kept of one model.
inline constexpr size_t max_observations = 100;
/// Models of which observations are kept. A snapshot carries them all: 1,000 models × 2 metrics × 100 samples of
/// 8 bytes are 1.6 MB of its 8 MiB.
inline constexpr size_t max_models = 1'000;
/// Pushes that may wait for the disk in the inputs actor, those being written among them.
inline constexpr size_t max_waiting_inputs = 4'096;
/// Measurements at the same time of one adapter that blocks, each on a thread of its own. Captures, plus as many that
/// were cut and are still ending.
inline constexpr size_t max_blocking_measurements = 2 * max_concurrent_captures;
/// Samples of one metric, as wire::Metric bounds them.
inline constexpr size_t max_samples = 10'000;
/// Largest JSON document that an adapter reads from a file or a URL: the largest message as JSON, with room for names.
inline constexpr size_t max_document_bytes = size_t{16} << 20;
/// Longest wait of an adapter until the counters that it read are kept. A healthy disk needs milliseconds; the next
/// measurement hands in newer ones.
inline constexpr auto counters_timeout = 30s;
/// One fetch of figures that an adapter makes; they are ready and need no computing.
inline constexpr auto figures_timeout = 10s;
/// One answer of a probed model; large models need many seconds for a cold start.
inline constexpr auto probe_timeout = 60s;
/// Requests of a probe that has no question file.
inline constexpr uint32_t probe_requests = 10;
/// Questions of one file; more would not end within an adapter's time.
inline constexpr size_t max_probe_questions = 10'000;
/// Findings of a guardrail check that go into the log and into a measurement's note; all are counted.
inline constexpr size_t max_logged_findings = 20;
inline constexpr size_t max_noted_findings = 5;

// -- tracker -------------------------------------------------------------------

/// Task records that may wait for the disk, those being written among them: about a second's worth, some 60 MB.
inline constexpr size_t max_pending_tasks = 131'072;
/// Bytes that these records may take: names can be long.
inline constexpr size_t max_pending_task_bytes = size_t{96} << 20;
/// Records that are worth a write of their own when the disk is free: writing them takes about as long as the fsync.
inline constexpr size_t task_group = 2'048;
/// Idempotency keys that are remembered at least; at most twice as many and those on their way to the disk. A sender
/// repeats what was not acknowledged, which is max_pending_tasks at most. With these a generation stays below 2^20
/// keys, which take 32 MiB.
inline constexpr size_t remembered_task_keys = 900'000;
/// Databases and files whose import is remembered; each takes about 200 bytes.
inline constexpr size_t max_task_sources = 10'000;
/// How far a record's time may lie in the future before it is replaced by the node's.
inline constexpr auto max_task_clock_skew = 10min;
/// Pages of records that are being read or wait for it, each for about 0.1 s at most.
inline constexpr size_t max_task_queries = 256;
/// Between two looks for records that are old enough to go.
inline constexpr std::chrono::seconds task_retention_interval = 60s;
/// Records that one such look goes through: about 0.2 s of reading.
inline constexpr size_t task_retention_step = 200'000;
/// Before the next look when there were as many; time for the records found to go. So records are erased faster than
/// they can come.
inline constexpr std::chrono::seconds task_retention_pause = 1s;

/// AutoResearch sessions that run at the same time; each is an actor and some KiB.
inline constexpr size_t max_running_research = 256;
/// Iterations and improvements that a session keeps word for word; all are counted.
inline constexpr uint32_t kept_research_steps = 20;
/// Longest wait for a research session, and of one for the tracker, which both answer after a commit. Shorter than
/// request_timeout, so that a client hears why. A record whose answer did not come is sent again, under the same key.
inline constexpr auto research_timeout = 35s;

// -- daemons -------------------------------------------------------------------

/// Between two ticks of the coding daemon.
inline constexpr std::chrono::seconds daemon_tick = 30s;
/// What was learned goes to the hive at every tick of this number, as in HART OS.
inline constexpr uint64_t ticks_per_publication = 10;

// -- gossip ---------------------------------------------------------------------

/// Longest wait for one answer; a delta of 256 KiB needs 2 s over 1 Mbit/s.
inline constexpr auto gossip_timeout = 10s;
/// Claims about members that one message carries: some 80 bytes each.
inline constexpr size_t max_claims_per_message = 64;
/// Rounds beyond log2 of the nodes that a claim takes to reach all of a large hive, at 30 % loss in 99 of 100 cases
/// (the gossip simulation). Refuting it takes as many again only where both are slow.
inline constexpr int spare_rounds = 4;
/// Questions in a row without an answer before a link is given up: its connection may be at fault, and a new one is
/// made at once.
inline constexpr uint32_t max_unanswered_questions = 2;
/// Clocks that differ by more are reported: twice what the measurement can be wrong by, which is half of
/// gossip_timeout, and far below card_lead, from which on a node's cards are refused.
inline constexpr auto max_clock_difference = 10s;
/// Times that a node raises its epoch within the window. A restored one does so once for each delta in which comes back
/// what it told earlier, its 1 MiB in deltas of 256 KiB; more often only one that another node contradicts.
inline constexpr uint32_t max_epoch_raises = 6;
inline constexpr auto epoch_raise_window = 10min;
/// Rounds for which a node without a link counts as active after it was last heard, by this node or by others. News of
/// it takes a few rounds for each node in between. At least `min_belief`, so that short rounds do not make it flap.
inline constexpr int belief_rounds = 30;
inline constexpr auto min_belief = 30s;
/// The same in a large hive, where an answer tells of 64 nodes and a node lives many hops away.
inline constexpr int large_belief_rounds = 600;
/// A card is written again when it is older, so that those of nodes that are gone become the oldest ones.
inline constexpr auto card_refresh = 24h;
/// Times that a node writes its card again within the window because a node that is gone wrote a later one with the
/// same certificate; more often only another node does so too.
inline constexpr uint32_t max_card_claims = 3;
inline constexpr auto card_claim_window = 10min;
/// Payload of one slot, so that a delta makes progress with every slot.
inline constexpr size_t max_slot_payload_bytes = size_t{64} << 10;
/// Links on which a node pushes news, and as many on which it is pushed to, where it has so many. Each more costs a
/// copy of every message; each less makes it likelier that all ways to a node are slow at once.
inline constexpr size_t push_degree = 4;
/// Between two pushes to one node: those who are slow get more at once. At least `min_push_interval`.
inline constexpr int pushes_per_round = 600;
inline constexpr auto min_push_interval = 20ms;
/// Between two publications of one topic, each of which is a write to the disk and a message to all nodes. At least
/// `min_publish_interval`.
inline constexpr int publications_per_round = 60;
inline constexpr auto min_publish_interval = 200ms;

// -- hive ----------------------------------------------------------------------

/// Versions of the protocol between nodes that this program speaks.
inline constexpr uint16_t min_hello_version = 1;
inline constexpr uint16_t max_hello_version = 1;
/// From the first byte of a connection to admission. Across the world it takes four round trips, below a second.
inline constexpr auto hello_timeout = 3s;
/// Connections whose other end is not known yet, dialled and accepted alike; each has a thread for a moment.
inline constexpr size_t max_handshakes = 64;
/// Between the first attempts at two addresses of one name (RFC 8305); shorter where there are many.
inline constexpr auto dial_stagger = 250ms;
/// Addresses of one name that are tried.
inline constexpr size_t max_dial_addresses = 16;
/// Names that are looked up at the same time. A look-up cannot be stopped, so one that its dial has given up goes on
/// until the system's resolver gives up too.
inline constexpr size_t max_lookups = 32;
/// From admission until both ends have each other's handles.
inline constexpr auto introduction_timeout = 3s;
/// Before a lost link is dialled again the first time, and at most. The first is short because most losses are
/// restarts; the last keeps a node that comes back from being waited for.
inline constexpr auto redial_min = 100ms;
inline constexpr auto redial_max = 2s;
/// Nodes that are dialled at all; as many as the hive may have.
inline constexpr size_t max_dial_targets = 1'024;
/// A link that is silent for longer is down; the heartbeat keeps a healthy one from being silent.
inline constexpr auto heartbeat_interval = 500ms;
inline constexpr auto link_timeout = 2s;
/// Nodes of a hive in which each links with all: 31 links cost a node 4 KB/s of heartbeats and little else.
inline constexpr size_t mesh_limit = 32;
/// Links that a node seeks in a larger hive. Of 1,000 nodes with 8 random links each, half can fail at once and the
/// rest is still connected.
inline constexpr size_t active_links = 8;
/// Longest wait for the other end to end a link after this one's farewell; several round trips.
inline constexpr auto close_timeout = 2s;
/// Largest frame of a link or an engine's connection: the largest message, and CAF's part. CAF makes room for a frame
/// when it has read the frame's length.
inline constexpr size_t max_frame_bytes = (size_t{8} << 20) + (size_t{64} << 10);
/// Bytes that may wait for the other end of a connection to read: two of the largest messages. Nodes wait for answers
/// before they ask again, so more is an end that asks and does not read.
inline constexpr size_t max_unsent_bytes = size_t{16} << 20;
/// Lines that refusals may write to the log at once and per second: a stranger must not fill the disk.
inline constexpr uint32_t refusal_log_burst = 20;
inline constexpr uint32_t refusal_log_per_s = 1;
/// Nodes that are remembered for the list of nodes.
inline constexpr size_t max_known_nodes = 1'024;

// -- engines -------------------------------------------------------------------

/// Connections of agent engines at the same time; each is an actor and a socket of the process's 1,024 or more.
inline constexpr size_t max_engine_connections = 256;
/// Requests of one connection in work; an engine that waits for its answers never comes near.
inline constexpr size_t max_engine_requests = 4'096;
/// Actors that live on this node at the same time for one engine, by default, and for all of them.
inline constexpr size_t engine_quota = 16;
inline constexpr size_t max_spawned = 1'024;
/// From a ticket's issue to its end: dialling the other node takes a few seconds at most.
inline constexpr auto ticket_lifetime = 30s;
/// By how much the clocks of two nodes may differ.
inline constexpr auto ticket_clock_skew = 5s;
/// Tickets that are remembered as used until they expire: 1,800 spawns per second.
inline constexpr size_t max_used_tickets = 65'536;
/// Between two changes of the load that a node tells the others; each is a write to its disk.
inline constexpr auto load_interval = 1s;
/// How long a node's own choices count on top of what the chosen one says: as long as its saying so takes.
inline constexpr auto placement_memory = 3s;

// -- events --------------------------------------------------------------------

/// Events that a node keeps for those who come late: some 300 bytes each and at most 1,500; hours of an ordinary hive.
inline constexpr size_t kept_events = 4'096;
/// Events that a reader gets at once; each reader holds that many until its client has taken them.
inline constexpr size_t events_per_read = 256;
/// Readers that wait for the next event at the same time; more than there are streams.
inline constexpr size_t max_event_readers = 256;
/// Event streams over HTTP at the same time. Each takes one of `max_connections` for as long as its client likes, so
/// they get a part of these only.
inline constexpr size_t max_event_streams = 64;
/// Before a stream that has no event says that it lives; proxies cut connections that are silent for 30 s or more.
inline constexpr std::chrono::milliseconds event_keep_alive = 15s;
/// What clients are asked to wait before they reconnect.
inline constexpr std::chrono::milliseconds event_retry = 1s;
/// Entries of each list of an upgrade check's answer; the worst come first, and longer lists nobody reads. Some 200
/// bytes each.
inline constexpr size_t max_listed_findings = 10'000;
/// Versions among which the upgrade checker looks for a name like one without a snapshot.
inline constexpr size_t max_similar_candidates = 10'000;
/// Questions that the upgrade checker remembers the last answer to, so that one who asks again and again makes one
/// event.
inline constexpr size_t max_told_verdicts = 1'024;

// -- http ----------------------------------------------------------------------

/// Longest wait of a request that does not measure anything.
inline constexpr auto request_timeout = 60s;
/// Longest wait of a request that captures; the adapters' own timeouts are shorter.
inline constexpr auto capture_timeout = 24h;
/// Requests in work at the same time; above it 503 with Retry-After.
inline constexpr size_t max_requests_in_flight = 4'096;
/// Largest body that is read: a snapshot's limit.
inline constexpr size_t max_body_bytes = size_t{8} << 20;
/// Bytes of bodies of requests in work; above it those with a body get 503 with Retry-After. 16 of the largest bodies,
/// or far more task records than may wait for the disk. What is read out of a body takes some four times its size, and
/// at most some 40 MiB more where its values are short.
inline constexpr size_t max_body_bytes_in_flight = size_t{128} << 20;
/// So many times that many bytes may have arrived in all, whether as whole requests or not. Above it a connection that
/// has sent more than its share, by `max_connections`, is refused with 503.
inline constexpr size_t max_received_factor = 2;
/// Open connections. Above it the one that has been idle for longest makes room for a new one, or, when none is idle,
/// the new one is answered 503. Far below the usual 1,024 open files of a process, which the store and child processes
/// need too.
inline constexpr size_t max_connections = 512;
/// Longest request target; ids have 64 characters, so that the longest meant one has a few hundred.
inline constexpr size_t max_url_bytes = 8'192;
/// Longest header field, and most fields: what other servers and browsers are used to.
inline constexpr size_t max_header_bytes = 8'192;
inline constexpr size_t max_header_fields = 100;
/// Far more than any record has fields.
inline constexpr size_t max_query_parameters = 64;
/// Larger JSON is decoded and encoded on threads for that, so that it does not hold up small requests.
inline constexpr size_t max_inline_json_bytes = size_t{64} << 10;
/// A client that needs longer to send one request, or is idle for longer, is let go.
inline constexpr auto client_read_timeout = 60s;
/// A client that needs longer to take an answer, or `write_progress_bytes` of it, is let go.
inline constexpr auto client_write_timeout = 60s;
/// Requests in work when the server is told to stop have this long; shorter than `stop_timeout`.
inline constexpr auto http_drain_timeout = 5s;
/// Between two looks at whether the server has drained: short beside the time a person waits, long beside a request.
inline constexpr auto http_drain_poll = 20ms;
/// For the last answers to reach their sockets when the server closes.
inline constexpr auto http_flush_timeout = 1s;

// -- node ----------------------------------------------------------------------

/// Descriptors that a node asks for, when it may have them.
inline constexpr uint64_t wanted_descriptors = 65'536;
/// Fewer connections than this are not worth a start: clients, probes and a scraper of metrics.
inline constexpr size_t min_connections = 8;
/// A service that fails more often than this within `restart_window` takes the node down.
inline constexpr uint32_t max_restarts = 5;
inline constexpr auto restart_window = 60s;
/// A service that has not stopped by then is killed.
inline constexpr auto stop_timeout = 10s;

} // namespace hive::defaults
