#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// All bounds and timeouts of the actors, with their reasons.
namespace hive::defaults {

using namespace std::chrono_literals;

// -- store ---------------------------------------------------------------------

// A write has no timeout (docs/decisions/0018); these bounds limit what waits for the disk.

/// Write sets waiting for the disk. Further ones are refused, so memory stays bounded.
inline constexpr size_t max_pending_commits = 65'536;
/// Bytes waiting for the disk.
inline constexpr size_t max_pending_commit_bytes = size_t{256} << 20;
/// Longest wait of a group of write sets for more of them: about half of the quickest sync of a disk that works, a
/// spinning one.
inline constexpr std::chrono::milliseconds max_gathering = 5ms;

// -- benchmark -----------------------------------------------------------------

/// Concurrent captures; each runs all its adapters in parallel.
inline constexpr size_t max_concurrent_captures = 4;
/// Registered adapters per node; each costs an actor and a line in every snapshot.
inline constexpr size_t max_adapters = 1'000;
/// Bytes of captures read for one page of a version's list: 0.1 s of the registry's time.
inline constexpr size_t max_capture_list_bytes = size_t{32} << 20;
/// Timeout of an adapter whose configuration has none.
inline constexpr auto adapter_timeout = 300s;
/// Extra time for an adapter to report its own timeout before the capture stops waiting for it. Longer than
/// process_kill_grace, process_drain and process_reply_slack together, so that a command that ignores SIGTERM is not
/// taken for a hanging adapter.
inline constexpr auto adapter_grace = 5s;
/// A worker that neither answers nor renews its work for this long loses it: three of the renewals that the client
/// sends. Short enough that a killed worker costs a capture less than a minute.
inline constexpr auto work_lease = 45s;
/// For a worker to ask again after its last answer; a new connection and a busy machine take a second or two.
inline constexpr auto worker_grace = 10s;
/// How long a worker that has gone silent may come back without registering again.
inline constexpr auto worker_memory = 10min;
/// Timeout of a worker's question for work: above the longest wait that it may ask for.
inline constexpr auto work_poll_timeout = 90s;
/// Registered workers; each costs some hundred bytes.
inline constexpr size_t max_workers = 1'000;
/// Workers that wait for work; each holds one of `max_connections`.
inline constexpr size_t max_worker_polls = 128;
/// Measurements that wait for workers: those of all captures that may run.
inline constexpr size_t max_worker_jobs = 4'000;
/// How often one run is given to workers: whatever killed three of them will kill the next one.
inline constexpr uint32_t max_work_leases = 3;
/// Installs from git that wait; one runs at a time, since each may use the whole disk and network.
inline constexpr size_t max_waiting_installs = 64;
/// Failed installs whose reason can still be asked for.
inline constexpr size_t kept_failed_installs = 100;
/// Time limit of each step of an install whose configuration has none: large builds and slow networks.
inline constexpr auto install_step_timeout = 15min;
/// Files and bytes of one install: the largest repositories without data sets; virtual environments have gigabytes.
inline constexpr uint64_t max_install_files = 500'000;
inline constexpr uint64_t max_install_bytes = uint64_t{8} << 30;
/// Bytes kept of the output of an install's commands, for the reason of a failure.
inline constexpr size_t max_install_output_bytes = size_t{64} << 10;
/// Versions that are searched for the newest one, at 64 bytes each.
inline constexpr size_t max_ordered_versions = 100'000;
/// Repetitions per adapter in one capture; more do not improve a mean.
inline constexpr uint32_t max_repeats = 1'000;
/// Largest test report or test output to read: some 20,000 tests with their output.
inline constexpr size_t max_test_report_bytes = size_t{8} << 20;
/// Concurrent child processes; further ones wait.
inline constexpr size_t max_processes = 8;
/// Child processes waiting to start.
inline constexpr size_t max_waiting_processes = 256;
/// Time from SIGTERM to SIGKILL for a process group.
inline constexpr auto process_kill_grace = 2s;
/// Longest run of a child process.
inline constexpr auto max_process_timeout = 24h;
/// Bytes that a child process can be given on its standard input, as in wire::RunCommand.
inline constexpr size_t max_process_input_bytes = size_t{256} << 10;
/// Wait for the killed processes of a group to be gone; only one that hangs in the kernel takes so long.
inline constexpr auto process_group_end = 5s;
/// Time for the services of a node to say how it is, at the end of each block of a stage: what has not answered by then
/// is not counted. The guardrail's files may take long to hash.
inline constexpr auto stage_answer_timeout = 30s;
/// Time limit of a hook of the operator: long enough to replace a service and see it start.
inline constexpr auto hook_timeout = 600s;
/// Hooks that run and wait, over all tracks; a decision has at most two per track.
inline constexpr size_t max_hooks = 64;
inline constexpr size_t max_hook_arguments = 256;
/// Bytes kept of each output stream of a hook, the last ones, and bytes of its last lines that are shown.
inline constexpr uint32_t max_hook_output_bytes = 64u << 10;
inline constexpr size_t max_hook_text_bytes = 2'048;
/// Time for descendants outside a process's group to release its output after the process has ended.
inline constexpr auto process_drain = 500ms;
/// Extra time, on top of all the above, for the runner to answer on a busy machine.
inline constexpr auto process_reply_slack = 1s;
/// Bytes kept of a child's status channel: bubblewrap writes some 300.
inline constexpr size_t max_process_status_bytes = size_t{16} << 10;
/// Wait for the processes of a sandbox to be gone once they were killed; only one that hangs in the kernel takes so
/// long.
inline constexpr auto sandbox_end = 5s;
/// Bytes kept of one output stream of a child process.
inline constexpr size_t max_process_output_bytes = size_t{64} << 20;
/// Observations kept per model.
inline constexpr size_t max_observations = 100;
/// Models with kept observations. A snapshot carries them all: 1,000 models × 2 metrics × 100 samples of 8 bytes are
/// 1.6 MB of its 8 MiB.
inline constexpr size_t max_models = 1'000;
/// Inputs actor: pushes waiting for the disk, including those being written.
inline constexpr size_t max_waiting_inputs = 4'096;
/// Concurrent measurements of one blocking adapter, each on its own thread: one per capture, plus as many cancelled
/// ones that are still ending.
inline constexpr size_t max_blocking_measurements = 2 * max_concurrent_captures;
/// Samples per metric, the bound of wire::Metric.
inline constexpr size_t max_samples = 10'000;
/// Largest JSON document that an adapter reads from a file or URL: the largest message as JSON, with room for names.
inline constexpr size_t max_document_bytes = size_t{16} << 20;
/// Limit for storing the counters that an adapter has read. A healthy disk needs milliseconds; the next measurement
/// stores newer counters.
inline constexpr auto counters_timeout = 30s;
/// Limit for an adapter to fetch figures that are ready and need no computing.
inline constexpr auto figures_timeout = 10s;
/// Limit for one answer of a probed model; large models need many seconds from a cold start.
inline constexpr auto probe_timeout = 60s;
/// Number of requests in a probe without a question file.
inline constexpr uint32_t probe_requests = 10;
/// Questions per file; more would exceed the timeout of an adapter.
inline constexpr size_t max_probe_questions = 10'000;
/// How many findings of a guardrail check are logged, and how many are noted in the measurement; all are counted.
inline constexpr size_t max_logged_findings = 20;
inline constexpr size_t max_noted_findings = 5;

// -- tracker -------------------------------------------------------------------

/// Task records waiting for the disk, including those being written: about a second's worth, some 60 MB.
inline constexpr size_t max_pending_tasks = 131'072;
/// Bytes of task records waiting for the disk: names can be long.
inline constexpr size_t max_pending_task_bytes = size_t{96} << 20;
/// Records that are worth a separate write when the disk is idle: writing them takes about as long as the fsync.
inline constexpr size_t task_group = 2'048;
/// Minimum number of idempotency keys remembered; the maximum is twice that, plus those being written. A sender repeats
/// records that were not acknowledged, of which there are at most max_pending_tasks. With this number a generation
/// stays below 2^20 keys, which take 32 MiB.
inline constexpr size_t remembered_task_keys = 900'000;
/// Databases and files with a remembered import position, about 200 bytes each.
inline constexpr size_t max_task_sources = 10'000;
/// How far a record's time may be ahead of the node's clock; beyond that the node sets its own time.
inline constexpr auto max_task_clock_skew = 10min;
/// Queries for pages of records, running or waiting; each runs for at most about 0.1 s.
inline constexpr size_t max_task_queries = 256;
/// Interval between searches for expired records.
inline constexpr std::chrono::seconds task_retention_interval = 60s;
/// Records examined per search: about 0.2 s of reading.
inline constexpr size_t task_retention_step = 200'000;
/// Pause before the next search after one that examined a full `task_retention_step`: so short that records are erased
/// faster than they can arrive.
inline constexpr std::chrono::seconds task_retention_pause = 1s;

/// Concurrent AutoResearch sessions; each is an actor and some KiB.
inline constexpr size_t max_running_research = 256;
/// Iterations and improvements that a session keeps verbatim; all are counted.
inline constexpr uint32_t kept_research_steps = 20;
/// Timeout of requests to a research session, and of its requests to the tracker; both answer after a commit. Shorter
/// than request_timeout, so that a client learns the reason. A record without an answer is sent again under the same
/// key.
inline constexpr auto research_timeout = 35s;
/// Timeout of a session's requests to the baselines. An improvement has two of them, which together end before
/// `research_timeout`.
inline constexpr auto research_baseline_timeout = 15s;

// -- baselines -----------------------------------------------------------------

/// Actions of a recipe, the bound of wire::RecipeMetrics; HART OS's recipes have some ten.
inline constexpr size_t max_recipe_actions = 1'000;
/// Bounds of an action's id and of its tools, those of wire::ActionMetrics.
inline constexpr size_t max_action_id_bytes = 128;
inline constexpr size_t max_tool_name_bytes = 256;
inline constexpr size_t max_tools_per_action = 256;
/// Warnings kept about one recipe; the first ones name the cause.
inline constexpr size_t max_recipe_warnings = 32;
/// Execution spans kept per agent: the newest successful ones, and as many others. HART OS's figures use 100.
inline constexpr size_t kept_spans = 100;
/// Window in which a creation and a change of the recipe count as one, as in HART OS.
inline constexpr auto baseline_debounce = 60s;
/// Idempotency keys of captures remembered per agent; an engine repeats only its last requests.
inline constexpr uint32_t remembered_capture_keys = 16;
/// Acceptances kept per agent.
inline constexpr uint32_t kept_acceptances = 8;
/// Items kept one by one for each capture, some 300 bytes each; runs of further ones are counted together.
inline constexpr size_t max_items_of_capture = 1'000;
/// Fewest items that two judges must both have scored to make their rewards comparable.
inline constexpr uint32_t min_rebase_items = 8;
/// Comparisons of two judges kept per agent.
inline constexpr size_t kept_rebases = 8;
/// Chance up to which a tool that only one side used counts as a regression in validations. Lower than that of
/// comparisons: validations are repeated all day, and an agent has many tools.
inline constexpr double max_tool_chance = 1e-4;
/// Change of the threshold of evidence upon which agents in use are told the new one.
inline constexpr double threshold_step = 0.05;
/// Interval between writes of the node's rate of runs.
inline constexpr std::chrono::seconds run_rate_interval = 60s;
/// Writes of one agent that wait for the disk, including those in flight.
inline constexpr size_t max_agent_writes = 4'096;
/// Bytes of one baseline, the bound of messages: its sections are bounded one by one, but not together.
inline constexpr size_t max_baseline_bytes = size_t{1} << 20;
/// Baselines that a trend covers: about 0.1 s of reading.
inline constexpr size_t max_trend_baselines = 100'000;
/// Agents whose actors are kept ready, each with some KiB. A further one costs a few reads when it is used.
inline constexpr size_t kept_agents = 2'048;
/// Agents with an actor at most, while many are busy at once.
inline constexpr size_t max_live_agents = 4 * kept_agents;
/// Time without a request after which an agent's actor ends, and interval of the search for such agents.
inline constexpr std::chrono::seconds agent_idle_time = 30s;
inline constexpr std::chrono::seconds agent_idle_check = 10s;
/// Known agents of a node. Each takes about 1 KB of disk, and no memory.
inline constexpr uint64_t max_known_agents = 10'000'000;
/// Agents that the validator examines before it lets other messages through: a few milliseconds.
inline constexpr size_t agents_per_step = 256;
/// Agents that judge themselves at once; each may write a baseline.
inline constexpr size_t max_judgements = 256;
/// Visits of the validator after which it examines all active agents, changed or not: once a day at the default pace.
inline constexpr uint64_t visits_per_full_pass = 144;
/// Regressed agents counted for the metrics after a visit: about 0.1 s of reading.
inline constexpr uint64_t max_counted_regressions = 20'000;
/// Age of an agent's last change up to which it is active.
inline constexpr uint64_t agent_active_days = 7;
/// Agents examined for one page of a filtered list: about 0.1 s of reading.
inline constexpr size_t agent_scan_budget = 20'000;
/// Known agents up to which each has three metrics in a snapshot: the snapshot travels to other nodes.
inline constexpr uint64_t max_measured_agents = 100;
/// Bytes of a recipe, the bound of wire::PutRecipe; HART OS's have some 10 KB.
inline constexpr size_t max_recipe_bytes = size_t{4} << 20;
/// Entries of a watched prompts folder. A scan of that many takes about 0.1 s; HART OS's folders have a few hundred.
inline constexpr size_t max_folder_entries = 100'000;
/// Files looked at, and bytes read, before the watch lets other actors run: a few milliseconds.
inline constexpr size_t folder_files_per_step = 64;
inline constexpr size_t folder_bytes_per_step = size_t{4} << 20;
/// Agents of a watched folder that are brought up to date at once; each may hold a recipe in memory.
inline constexpr size_t max_folder_requests = 16;
/// Time in which changes of a watched folder gather, so that a file that is written all the time is read ten times a
/// second.
inline constexpr auto folder_settle_time = 100ms;
/// Interval between looks whether the watched folder is in its place, and between attempts to read what could not be.
inline constexpr auto folder_check_interval = 5s;
/// Metrics of the node in one baseline; more would make each baseline of each agent larger than its own figures.
inline constexpr size_t max_baseline_figures = 512;

// -- daemons -------------------------------------------------------------------

/// Interval between ticks of the coding daemon.
inline constexpr std::chrono::seconds daemon_tick = 30s;
/// Ticks between publications of what was learned, as in HART OS.
inline constexpr uint64_t ticks_per_publication = 10;
/// HART OS's pace of its agent daemon: agents are validated every 2 × this number of ticks.
inline constexpr uint64_t remediate_every = 10;
/// Change of the world model's flush rate or correction density that counts as a shift, and the number of its records
/// that each side of the comparison has at least.
inline constexpr double world_model_shift = 0.10;
inline constexpr uint64_t world_model_records = 200;

// -- upgrade -------------------------------------------------------------------

/// Lines of versions; each has a reference version.
inline constexpr size_t max_tracks = 1'000;
/// Moves of a track's reference that are kept; the oldest goes first.
inline constexpr uint32_t kept_reference_changes = 1'000;
/// Timeout of a request that waits for the end of a paired measurement: the longest that may be asked for, and others
/// before it.
inline constexpr auto measurement_timeout = 8 * 24h;
/// Paired measurements that wait; one runs at a time, since they would disturb each other.
inline constexpr size_t max_waiting_measurements = 64;
/// Metrics of a calibration that are calibrated, about a second of calculation each; others can be named.
inline constexpr size_t max_calibrated_metrics = 100;
/// Ended paired measurements that are kept with their rounds, some 100 KiB each; the oldest goes first.
inline constexpr size_t kept_measurements = 1'000;

// -- review --------------------------------------------------------------------

/// Concurrent reviews, each of another repository: a review's tests use the machine, and slow each other down.
inline constexpr size_t max_running_reviews = 2;
/// Reviews waiting for their turn or for their acceptance; a pipeline that is further behind has to know.
inline constexpr size_t max_waiting_reviews = 64;
/// Finished reviews that are kept, some 20 KiB each; the oldest goes first.
inline constexpr size_t kept_reviews = 1'000;
/// Trees whose test results are kept as bases, up to some MiB each; the one measured longest ago goes first.
inline constexpr size_t kept_bases = 64;
/// Runs of a base before a test that never failed there is taken for steady. A test that fails every third time passes
/// all of them once in three, so more runs say little more; each costs the time of the tests.
inline constexpr uint32_t max_base_runs = 3;
/// Starts of one review. One that was interrupted so often may be what ends the node.
inline constexpr uint32_t max_review_attempts = 3;
/// Limit of a review's command whose configuration has none.
inline constexpr auto review_command_timeout = 1h;
/// Limit for comparing and writing the trees of a change.
inline constexpr auto review_prepare_timeout = 10min;
/// Limit for starting an empty sandbox, which takes some 20 ms.
inline constexpr auto sandbox_probe_timeout = 30s;
/// Bytes kept of the output of a lint or guardian command.
inline constexpr size_t max_check_output_bytes = size_t{4} << 20;
/// Largest recipe or guardrail manifest that is read from a change.
inline constexpr size_t max_reviewed_document_bytes = size_t{8} << 20;

// -- gossip ---------------------------------------------------------------------

/// Timeout of a gossip question; a delta of 256 KiB needs 2 s over 1 Mbit/s.
inline constexpr auto gossip_timeout = 10s;
/// Membership claims per message: some 80 bytes each.
inline constexpr size_t max_claims_per_message = 64;
/// Rounds, beyond log2(nodes), in which a claim reaches all nodes of a large hive in 99 of 100 cases at 30% loss (from
/// the gossip simulation). A refutation needs as many again only when claim and refutation are both slow.
inline constexpr int spare_rounds = 4;
/// Number of consecutive unanswered questions after which a link is closed: its connection may be at fault, and a new
/// one is made at once.
inline constexpr uint32_t max_unanswered_questions = 2;
/// Clock differences above this are reported. The limit is twice the error of the measurement, which is half of
/// gossip_timeout, and far below card_lead, beyond which a node's cards are refused.
inline constexpr auto max_clock_difference = 10s;
/// Epoch raises allowed within the window. A restored node raises its epoch once per delta that returns its earlier
/// slots: 1 MiB in deltas of 256 KiB. Only a node that another one contradicts raises it more often.
inline constexpr uint32_t max_epoch_raises = 6;
inline constexpr auto epoch_raise_window = 10min;
/// Rounds for which a node without a link counts as active after its last contact with any node; evidence takes a few
/// rounds per hop. At least `min_belief`, so that short rounds do not make nodes flap.
inline constexpr int belief_rounds = 30;
inline constexpr auto min_belief = 30s;
/// Like belief_rounds, for a large hive, where an answer covers 64 nodes and a node is many hops away.
inline constexpr int large_belief_rounds = 600;
/// Age at which a node renews its card, so that the oldest cards are those of nodes that are gone.
inline constexpr auto card_refresh = 24h;
/// How often within the window a node may renew its card to replace the later card of a node that has the same
/// certificate and is gone. More often means that the other node is alive.
inline constexpr uint32_t max_card_claims = 3;
inline constexpr auto card_claim_window = 10min;
/// Size limit of a slot's payload, so that every delta makes progress.
inline constexpr size_t max_slot_payload_bytes = size_t{64} << 10;
/// Links over which a node sends pushes, and links over which it receives them, if it has that many. One more costs
/// another copy of every message; one fewer makes it likelier that all paths to a node are slow at once.
inline constexpr size_t push_degree = 4;
/// Pushes to one node per round of gossip, at intervals of at least `min_push_interval`. A slow node gets more per
/// push.
inline constexpr int pushes_per_round = 600;
inline constexpr auto min_push_interval = 20ms;
/// Publications of a topic per round of gossip, at intervals of at least `min_publish_interval`. Each is a write to
/// disk and a message to all nodes.
inline constexpr int publications_per_round = 60;
inline constexpr auto min_publish_interval = 200ms;
/// Shortest interval between writes of urgent topics, of all of them together, and so between the pushes of them to one
/// node. Three hops then take well under a second.
inline constexpr auto urgent_interval = 50ms;
/// How long a node that has started waits for other nodes that it knows and has no link with, before it publishes
/// anything: redial_max, a handshake and an introduction fit in.
inline constexpr auto hearing_settle = 5s;
/// How long it waits for linked nodes that do not tell what they hold of its slots. They are slow, or they lie: a full
/// node of 3 MiB takes 30 s over 1 Mbit/s.
inline constexpr auto hearing_patience = 30s;
/// Exchanges in a row with a node that claims to hold more of this node's slots than it has sent; then one per round.
/// 3 MiB in deltas of 256 KiB take 12.
inline constexpr uint32_t max_hearing_exchanges = 32;

// -- hive ----------------------------------------------------------------------

/// Range of protocol versions that this program speaks.
inline constexpr uint16_t min_hello_version = 1;
inline constexpr uint16_t max_hello_version = 1;
/// Limit for a handshake, which takes four round trips: less than a second across the world.
inline constexpr auto hello_timeout = 3s;
/// Concurrent handshakes, half for dialled and half for accepted connections; each occupies a thread for a moment.
inline constexpr size_t max_handshakes = 64;
/// Interval between the first attempts to connect to each address of a name (RFC 8305); shorter when there are many.
inline constexpr auto dial_stagger = 250ms;
/// Addresses tried per name.
inline constexpr size_t max_dial_addresses = 16;
/// Concurrent name look-ups. A look-up cannot be cancelled: after its dial has timed out it continues until the
/// system's resolver gives up.
inline constexpr size_t max_lookups = 32;
/// Limit for the introduction, which follows the handshake and exchanges the actors of both ends.
inline constexpr auto introduction_timeout = 3s;
/// First and longest delay before a lost link is redialled. The first is short because most losses are restarts; the
/// longest bounds how long a returning node waits.
inline constexpr auto redial_min = 100ms;
inline constexpr auto redial_max = 2s;
/// Addresses in the dial plan; as many as a hive may have nodes.
inline constexpr size_t max_dial_targets = 1'024;
/// Interval of heartbeats, and silence after which a link is lost.
inline constexpr auto heartbeat_interval = 800ms;
inline constexpr auto link_timeout = 2s;
/// Largest full mesh: 31 links cost a node 3 KB/s of heartbeats and little else.
inline constexpr size_t mesh_limit = 32;
/// Links that a node maintains in a larger hive. Of 1,000 nodes with 8 random links each, half can fail at once and the
/// rest stays connected.
inline constexpr size_t active_links = 8;
/// Time for a link that is wanted at once: a handshake and an introduction.
inline constexpr auto link_wait = hello_timeout + introduction_timeout;
/// Time for the peer to close a link after a goodbye; several round trips.
inline constexpr auto close_timeout = 2s;
/// Largest frame of a link or of a connection with an engine: the largest message plus CAF's header. CAF allocates a
/// frame as soon as it has read the frame's length.
inline constexpr size_t max_frame_bytes = (size_t{8} << 20) + (size_t{64} << 10);
/// Unsent bytes per connection: two of the largest messages. Nodes wait for answers before they ask again, so more
/// means that the peer sends requests without reading the answers.
inline constexpr size_t max_unsent_bytes = size_t{16} << 20;
/// Bytes that TLS reads ahead per connection, and plain bytes that it encrypts to be sent together: eight of its
/// largest records, so that a system call moves several messages of an ordinary size.
inline constexpr size_t tls_read_ahead_bytes = size_t{128} << 10;
inline constexpr size_t tls_batch_bytes = size_t{128} << 10;
/// Encrypted bytes of a connection that wait for its socket: a batch with the overhead of its records, and 16 KiB for
/// answers to key updates. A peer that asks for more of those without reading any is cut off.
inline constexpr size_t max_tls_unsent_bytes = tls_batch_bytes + (size_t{16} << 10);
/// Burst and rate of log lines about refusals: a stranger must not fill the disk.
inline constexpr uint32_t refusal_log_burst = 20;
inline constexpr uint32_t refusal_log_per_s = 1;
/// Nodes in the node list.
inline constexpr size_t max_known_nodes = 1'024;

// -- engines -------------------------------------------------------------------

/// Concurrent connections of agent engines; each takes an actor and one of the process's 1,024 or more descriptors.
inline constexpr size_t max_engine_connections = 256;
/// Pending requests per connection; an engine that waits for its answers stays far below.
inline constexpr size_t max_engine_requests = 4'096;
/// Live spawned actors on this node: per engine by default, and in total.
inline constexpr size_t engine_quota = 16;
inline constexpr size_t max_spawned = 1'024;
/// Lifetime of a ticket; dialling the other node takes a few seconds at most.
inline constexpr auto ticket_lifetime = 30s;
/// Largest clock difference between two nodes that tickets tolerate.
inline constexpr auto ticket_clock_skew = 5s;
/// Used tickets remembered until they expire: 1,800 spawns per second.
inline constexpr size_t max_used_tickets = 65'536;
/// Interval between publications of the load of a node; each is a write to its disk.
inline constexpr auto load_interval = 1s;
/// How long a node adds its own placements to another node's published load: until that load includes them.
inline constexpr auto placement_memory = 3s;
/// Time without a keep-alive after which an engine that speaks HTTP is gone: as long as a lost connection of other
/// engines takes to be noticed (link_timeout), and several keep-alives of the client, so that a single one may be late.
inline constexpr auto engine_keep_alive = 2s;
/// Interval between searches for missed keep-alives, while there are any to miss; what an engine has spawned must be
/// gone 5 s after it, of which child processes may take 2 s to end.
inline constexpr std::chrono::milliseconds keep_alive_check = 250ms;
/// Time for a node to take note that something is to end: one message there and back.
inline constexpr auto end_spawned_timeout = 5s;
/// Things spawned over HTTP on one node, wherever they live; as many as may live on one node.
inline constexpr size_t max_http_spawned = max_spawned;
/// How many of those that have ended are remembered, so that their engines learn why: some 300 bytes each.
inline constexpr size_t remembered_spawned = 256;
/// Bytes of all results that wait to be fetched: 16 of the largest.
inline constexpr size_t max_spawned_result_bytes = size_t{128} << 20;
/// Requests that wait for a result; each takes one of `max_connections` for up to a minute, so only some of the
/// connections may wait.
inline constexpr size_t max_result_waits = 128;

// -- namespaces ----------------------------------------------------------------

/// Namespaces of a node by default. Each takes some hundred KB on disk, and nothing else while it is closed.
inline constexpr size_t max_namespaces = 1'024;
/// Namespaces that are open at once: each has a thread, some 60 open files and, when it is full of work, some 30 MB.
inline constexpr size_t max_open_namespaces = 16;
/// A namespace that nobody used for this long is closed; opening it again takes about 0.1 s.
inline constexpr auto namespace_idle = 5min;
/// Timeout for entering a namespace: closing another one, with its services, and opening this one.
inline constexpr auto namespace_enter_timeout = 60s;
/// Cache and write buffers (of each column) of a namespace's store: small, because there may be 16.
inline constexpr size_t namespace_cache_bytes = size_t{8} << 20;
inline constexpr size_t namespace_buffer_bytes = size_t{1} << 20;
/// Idempotency keys that a namespace's tracker remembers at least: those of all records that may wait for the disk.
inline constexpr size_t namespace_task_keys = max_pending_tasks;
/// For the last user of a namespace's store to let go of it after its services have ended.
inline constexpr auto namespace_release_timeout = 10s;

// -- events --------------------------------------------------------------------

/// Events kept for late readers: some 300 bytes each, at most 1,500; enough for hours in an ordinary hive.
inline constexpr size_t kept_events = 4'096;
/// Events per read; each reader holds that many until its client has taken them.
inline constexpr size_t events_per_read = 256;
/// Readers waiting for the next event; more than there are streams.
inline constexpr size_t max_event_readers = 256;
/// Concurrent event streams over HTTP. Each takes one of `max_connections` for as long as its client likes, so only
/// some of the connections may be streams.
inline constexpr size_t max_event_streams = 64;
/// Interval of keep-alives on an idle stream; proxies close connections that are silent for 30 s or more.
inline constexpr std::chrono::milliseconds event_keep_alive = 15s;
/// Delay that clients are asked to wait before they reconnect.
inline constexpr std::chrono::milliseconds event_retry = 1s;
/// Entries per list in the answer of an upgrade check, worst first; nobody reads longer lists. Some 200 bytes each.
inline constexpr size_t max_listed_findings = 10'000;
/// Versions that the upgrade checker compares with a misspelt one.
inline constexpr size_t max_similar_candidates = 10'000;
/// Questions whose last verdict the upgrade checker remembers, so that repeated questions cause one event.
inline constexpr size_t max_told_verdicts = 1'024;

// -- history -------------------------------------------------------------------

/// Newest points of a metric that are read to find `analysis::max_history_values` that count: 20 ms of one thread.
inline constexpr size_t max_history_scan = 10'000;
/// Metrics whose changes are listed; a thousand take about a second of one thread.
inline constexpr size_t max_change_metrics = 10'000;
/// Newest changes that are kept in memory: some 400 bytes each.
inline constexpr size_t max_listed_changes = 10'000;
/// Requests that wait for the changes of all metrics to be found; each takes one of `max_connections`.
inline constexpr size_t max_change_waiters = 256;
/// Metrics that an error about an unknown one names.
inline constexpr size_t max_similar_metrics = 3;

// -- gpu -----------------------------------------------------------------------

/// How long a measurement waits for a device.
inline constexpr auto gpu_wait = 1h;
/// hive-gpu-report copies within each device for some milliseconds.
inline constexpr auto gpu_report_timeout = 30s;
/// Answer to a request for a lease that has to wait; the sender asks again.
inline constexpr auto longest_lease_wait = 30s;
/// How often named processes are looked at.
inline constexpr auto lease_process_check = 500ms;
/// Ancestors of a process that are looked at for the leader of its lease.
inline constexpr size_t max_process_depth = 32;
/// Ended leases that are kept in the store, about 1 KB each.
inline constexpr size_t max_ended_leases = 10'000;

/// Time between polls of the GPUs. The shortest is for a device that drains; a longer one than the longest would count
/// as silence.
inline constexpr std::chrono::milliseconds min_gpu_interval = 20ms;
inline constexpr std::chrono::milliseconds max_gpu_interval = 1s;
/// Requests that wait for the first report of the GPU probe.
inline constexpr size_t max_gpu_questions = 256;
/// Time that a node waits for that report at its start. A probe that is silent for so long counts as silent.
inline constexpr auto first_gpu_report_timeout = 2s;
/// Time for the GPU probe to end when its actor ends. A killed process takes about 1 ms, unless the driver hangs.
inline constexpr auto gpu_probe_end_grace = 200ms;

// -- http ----------------------------------------------------------------------

/// Timeout of a request that does not measure.
inline constexpr auto request_timeout = 60s;
/// Timeout of a request that captures; the timeouts of adapters are shorter.
inline constexpr auto capture_timeout = 24h;
/// Concurrent requests; further ones get 503 with Retry-After.
inline constexpr size_t max_requests_in_flight = 4'096;
/// Largest request body: the limit of a snapshot.
inline constexpr size_t max_body_bytes = size_t{8} << 20;
/// Body bytes of concurrent requests; above it, requests with a body get 503 with Retry-After. 16 of the largest
/// bodies, or far more task records than may wait for the disk. Decoding a body takes some four times its size, and at
/// most some 40 MiB more when its values are short.
inline constexpr size_t max_body_bytes_in_flight = size_t{128} << 20;
/// Received bytes of all requests, complete or not, as a multiple of max_body_bytes_in_flight. Above it, a connection
/// that has sent more than its share (the limit divided by `max_connections`) gets 503.
inline constexpr size_t max_received_factor = 2;
/// Open connections. A further one replaces the one that has been idle longest, or gets 503 when none is idle. Far
/// below the usual 1,024 open files of a process, which the store and child processes need too.
inline constexpr size_t max_connections = 512;
/// Longest request target; legitimate ones, even with ids of 64 characters, have a few hundred bytes.
inline constexpr size_t max_url_bytes = 8'192;
/// Longest header field, and number of fields: customary limits of servers and browsers.
inline constexpr size_t max_header_bytes = 8'192;
inline constexpr size_t max_header_fields = 100;
/// Query parameters; far more than any record has fields.
inline constexpr size_t max_query_parameters = 64;
/// Larger JSON is decoded and encoded on separate threads, so that it does not delay small requests.
inline constexpr size_t max_inline_json_bytes = size_t{64} << 10;
/// Limit for sending one request and for idling; then the connection is closed.
inline constexpr auto client_read_timeout = 60s;
/// Limit for a client to read an answer, or `write_progress_bytes` of it; then the connection is closed.
inline constexpr auto client_write_timeout = 60s;
/// Time for running requests to finish when the server stops; shorter than `stop_timeout`.
inline constexpr auto http_drain_timeout = 5s;
/// Interval between checks whether the server has drained: short for a person, long for a request.
inline constexpr auto http_drain_poll = 20ms;
/// Time for the last answers to reach their sockets when the server closes.
inline constexpr auto http_flush_timeout = 1s;

// -- node ----------------------------------------------------------------------

/// Descriptors that a node requests, if permitted.
inline constexpr uint64_t wanted_descriptors = 65'536;
/// Fewest connections with which a node starts: for clients, probes and a metrics scraper.
inline constexpr size_t min_connections = 8;
/// Failures of a service tolerated within `restart_window`; one more ends the node.
inline constexpr uint32_t max_restarts = 5;
inline constexpr auto restart_window = 60s;
/// Time for a service to stop before it is killed.
inline constexpr auto stop_timeout = 10s;

} // namespace hive::defaults
