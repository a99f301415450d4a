// libgit2 1.5 leaks the match data of each of its regular expressions that finds nothing. hive-fetch, which uses it for
// fetching, ends after one repository.

extern "C" const char* __lsan_default_suppressions() { // NOLINT: LeakSanitizer looks for this name
  return "leak:libpcre2\n";
}
