#include "apps/hived/http_config.hpp"

#include "actors/http/socket_file.hpp"
#include "actors/http/tls_identity.hpp"
#include "apps/hived/config_values.hpp"

#include <charconv>
#include <ctime>

namespace hive {
namespace {

/// Permissions as chmod takes them, in octal digits.
void read_mode(toml_section& in, std::string_view key, mode_t& out) {
  std::string text;
  in.read(key, text);
  if (text.empty())
    return;
  unsigned mode = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (failed != std::errc{} || end != text.data() + text.size() || mode > 0777)
    in.refuse(key, "must be permissions in octal digits such as \"0660\", not \"" + text + "\"");
  out = static_cast<mode_t>(mode);
}

template <class Roles>
void read_roles(toml_section& in, std::string_view key, Roles& out) {
  std::vector<http::role_entry> entries;
  in.read(key, entries);
  if (!in.has(key))
    return;
  auto roles = Roles::make(entries);
  if (!roles)
    in.refuse(key, "has an entry that cannot be used: " + text_of(roles.error()));
  out = std::move(*roles);
}

void read_unix_socket(toml_section& in, http::unix_socket_options& out) {
  read_path(in, "socket", out.path);
  read_mode(in, "socket_mode", out.mode);
  read_roles(in, "socket_roles", out.roles);
  for (auto key : {"socket_mode", "socket_roles"})
    if (in.has(key) && out.path.empty())
      in.refuse(key, "has no effect without socket");
  if (out.path.empty())
    return;
  if (auto wrong = http::check_socket_path(out.path))
    in.refuse("socket", text_of(wrong));
}

void read_tls(toml_section& in, std::shared_ptr<http::tls_identity>& out) {
  http::tls_files files;
  http::certificate_roles roles;
  read_path(in, "certificate", files.certificate);
  read_path(in, "key", files.key);
  read_path(in, "client_ca", files.client_ca);
  read_roles(in, "client_roles", roles);
  if (files.certificate.empty() != files.key.empty())
    in.refuse(files.key.empty() ? "certificate" : "key", "needs both certificate and key");
  if (!files.client_ca.empty() && files.certificate.empty())
    in.refuse("client_ca", "has no effect without certificate and key");
  if (in.has("client_roles") && files.client_ca.empty())
    in.refuse("client_roles", "has no effect without client_ca");
  if (files.certificate.empty())
    return;
  auto identity = http::tls_identity::load(std::move(files), std::move(roles), std::time(nullptr));
  if (!identity)
    in.refuse("certificate", "cannot be used: " + text_of(identity.error()));
  out = std::move(*identity);
}

} // namespace

void read_http_transports(toml_section& in, http::server_options& out) {
  read_tls(in, out.tls);
  read_unix_socket(in, out.unix_socket);
}

} // namespace hive
