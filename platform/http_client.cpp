#include "platform/http_client.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <curl/curl.h>
#include <memory>

namespace hive::http {
namespace {

struct free_handle {
  void operator()(CURL* handle) const {
    curl_easy_cleanup(handle);
  }
};

struct free_list {
  void operator()(curl_slist* list) const {
    curl_slist_free_all(list);
  }
};

struct body_sink {
  CURL* handle;
  const outgoing_request& request;
  std::string body = {};
  bool overflow = false;
};

long status_of(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

size_t append(char* data, size_t size, size_t count, void* user) {
  auto& sink = *static_cast<body_sink*>(user);
  if (sink.request.on_body && status_of(sink.handle) == 200)
    return sink.request.on_body({data, size * count}) ? size * count : 0;
  if (sink.body.size() + size * count > sink.request.max_response_bytes) {
    sink.overflow = true;
    return 0; // makes libcurl abort
  }
  sink.body.append(data, size * count);
  return size * count;
}

/// libcurl calls this at least about once a second, even while no data arrives. A non-zero result aborts the transfer.
int give_up(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(user)->stop_requested();
}

/// Must run once per process, before any thread uses libcurl.
void init_library() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)done;
}

caf::error describe_failure(CURLcode code, const char* detail, const outgoing_request& request, const body_sink& sink) {
  auto text = (request.unix_socket.empty() ? request.url : "unix:" + request.unix_socket) + ": " +
              (*detail ? detail : curl_easy_strerror(code));
  if (sink.overflow)
    return fail(ec::too_large,
                request.url + ": the answer is larger than " + std::to_string(request.max_response_bytes) + " bytes");
  switch (code) {
  case CURLE_ABORTED_BY_CALLBACK:
    return fail(ec::unavailable, request.url + ": the request was cancelled");
  case CURLE_OPERATION_TIMEDOUT:
    return fail(ec::timed_out, text);
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_URL_MALFORMAT:
    return fail(ec::invalid, text);
  default:
    return fail(ec::unavailable, text);
  }
}

std::string header_text(CURL* handle, CURLINFO what) {
  char* text = nullptr;
  curl_easy_getinfo(handle, what, &text);
  return text ? text : "";
}

std::string location_of(CURL* handle) {
  curl_header* found = nullptr;
  if (curl_easy_header(handle, "Location", 0, CURLH_HEADER, -1, &found) == CURLHE_OK)
    return found->value;
  return {};
}

} // namespace

caf::expected<incoming_response> fetch(const outgoing_request& request) {
  init_library();
  std::unique_ptr<CURL, free_handle> handle{curl_easy_init()};
  std::unique_ptr<curl_slist, free_list> headers;
  for (const auto& header : request.headers)
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  char detail[CURL_ERROR_SIZE] = {};
  body_sink sink{handle.get(), request};
  auto set = [&](CURLoption option, auto value) { curl_easy_setopt(handle.get(), option, value); };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PATH_AS_IS, 1L); // the name ".." is a wrong name, and not the way to another path
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, request.max_silence.count() > 0 ? 1L : 0L); // bytes per second
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.max_silence.count()));
  set(CURLOPT_NOSIGNAL, 1L);   // lookup timeouts must not use SIGALRM in a multi-threaded process
  set(CURLOPT_QUICK_EXIT, 1L); // an aborted request does not wait for its name lookup
  set(CURLOPT_NOPROXY, "127.0.0.0/8,localhost,::1");
  if (!request.unix_socket.empty())
    set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  if (!request.tls.trusted.empty())
    set(CURLOPT_CAINFO, request.tls.trusted.c_str());
  if (!request.tls.certificate.empty()) {
    set(CURLOPT_SSLCERT, request.tls.certificate.c_str());
    set(CURLOPT_SSLKEY, request.tls.key.c_str());
  }
  set(CURLOPT_ERRORBUFFER, detail);
  set(CURLOPT_WRITEFUNCTION, append);
  set(CURLOPT_WRITEDATA, &sink);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, give_up);
  set(CURLOPT_XFERINFODATA, &request.stop);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (auto code = curl_easy_perform(handle.get()); code != CURLE_OK)
    return describe_failure(code, detail, request, sink);
  incoming_response out;
  curl_off_t micros = 0, retry_after = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_TOTAL_TIME_T, &micros);
  curl_easy_getinfo(handle.get(), CURLINFO_RETRY_AFTER, &retry_after);
  out.status = static_cast<int>(status_of(handle.get()));
  out.content_type = header_text(handle.get(), CURLINFO_CONTENT_TYPE);
  out.location = location_of(handle.get());
  out.retry_after = std::chrono::seconds{retry_after};
  out.body = std::move(sink.body);
  out.duration = std::chrono::microseconds{micros};
  return out;
}

std::string url_encode(std::string_view text) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    bool unreserved = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                      c == '.' || c == '_' || c == '~';
    auto byte = static_cast<unsigned char>(c);
    if (unreserved)
      out += c;
    else
      (out += '%').append({hex[byte >> 4], hex[byte & 15]});
  }
  return out;
}

std::string describe_status(int status, std::string_view body) {
  constexpr size_t shown_bytes = 200;
  return " answered " + std::to_string(status) + (body.empty() ? "" : ": " + printable(body.substr(0, shown_bytes)));
}

} // namespace hive::http
