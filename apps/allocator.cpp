/// What jemalloc reads at its start, where it is linked. Memory that a burst of requests took goes back to the system
/// within seconds, also when nothing allocates any more, for which jemalloc needs a thread of its own.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "background_thread:true,max_background_threads:1,dirty_decay_ms:2000,muzzy_decay_ms:0";
}
