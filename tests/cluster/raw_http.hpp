#pragma once

#include <string>

/// HTTP requests that no HTTP library would send.
namespace hive::cluster {

/// Converts a request in a text file to the bytes to send: adapts the line ends, adds its Content-Length, and asks to
/// close the connection after the answer.
std::string as_request(const std::string& text);

/// Sends these bytes to ADDRESS:PORT (IPv4) and returns the status of the answer; 0 when there was none.
int raw_http_status(const std::string& endpoint, const std::string& bytes);

} // namespace hive::cluster
