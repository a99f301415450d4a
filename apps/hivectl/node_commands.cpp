#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/revocation_commands.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/door.capnp.h"
#include "messages/timestamp.hpp"
#include "platform/identity/certificate_authority.hpp"

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

constexpr auto node_examples =
  "Examples:\n"
  "  hivectl node list\n"
  "  hivectl node init-ca --out ca\n"
  "  hivectl node issue --ca ca --role node --name node7 --out node7-tls\n"
  "  hived --door 10.0.0.7:7421 --tls node7-tls --join 10.0.0.1:7421\n"
  "  hivectl node issue --ca ca --renew node7-tls\n"
  "  hivectl node revoke --ca ca --name node7 --send\n"
  "  hivectl node forget node7 --ca ca\n"
  "Anyone with ca/ca-key.pem can admit machines to the hive: keep it off the nodes. init-ca, issue and certificates\n"
  "contact no node, and revoke does only with --send.";

/// A CA outlives the certificates that it issues; after this many days every machine of the hive needs new files.
constexpr uint32_t ca_days = 3'650;
/// Long enough to be convenient, short enough that a forgotten machine drops out.
constexpr uint32_t certificate_days = 365;
/// A hundred years; X.509 allows more.
constexpr uint32_t max_days = 36'500;

constexpr int64_t micros = 1'000'000;

struct init_options {
  std::string out;
  std::string name = "hive";
  uint32_t days = ca_days;
};

struct issue_options {
  std::string ca;
  std::string out;
  std::string name;
  std::string role;
  std::string renew;
  std::vector<std::string> hosts;
  uint32_t days = certificate_days;
};

outcome show(session& s, const certified_key& made, const fs::path& cert_file, const fs::path& key_file,
             const std::string& advice) {
  auto role = made.cert.role();
  auto files = msg<wire::CertificateFiles>::build([&](wire::CertificateFiles::Builder out) {
    out.setName(made.cert.name());
    out.setRole(role ? std::string{to_string(*role)} : "ca");
    out.setCertificateFile(cert_file.string());
    out.setKeyFile(key_file.string());
    out.setNotAfter(made.cert.not_after() * micros);
  });
  s.out.answer(files, [&] {
    s.out.line("Wrote " + cert_file.string() + ", valid until " + format_iso8601(files->getNotAfter()) + ", and " +
               key_file.string() + ". " + advice);
  });
  return exit_status::done;
}

outcome init_ca(session& s, const init_options& options) {
  auto ca = create_ca(options.out, options.name, options.days, now_unix_micros() / micros);
  if (!ca)
    return ca.error();
  return show(s, *ca, fs::path{options.out} / certificate_files::ca, fs::path{options.out} / certificate_files::ca_key,
              "The key lets machines into the hive: keep it secret.");
}

outcome renew(session& s, const issue_options& options) {
  auto made = renew_into(options.ca, options.renew, options.days, now_unix_micros() / micros);
  if (!made)
    return made.error();
  return show(s, *made, fs::path{options.renew} / certificate_files::certificate,
              fs::path{options.renew} / certificate_files::key,
              "A node that uses this directory takes it within a minute, or at once on SIGHUP.");
}

outcome issue(session& s, const issue_options& options) {
  if (!options.renew.empty())
    return renew(s, options);
  if (options.role.empty() || options.name.empty() || options.out.empty())
    return fail_as(exit_status::usage, "--role, --name and --out are required, or --renew");
  auto role = options.role == to_string(certificate_role::engine) ? certificate_role::engine : certificate_role::node;
  auto made =
    issue_into(options.ca, options.out, role, options.name, options.days, now_unix_micros() / micros, options.hosts);
  if (!made)
    return made.error();
  return show(s, *made, fs::path{options.out} / certificate_files::certificate,
              fs::path{options.out} / certificate_files::key, "Give the directory to " + options.name + " alone.");
}

void add_init_ca(CLI::App& group, context& ctx) {
  auto options = std::make_shared<init_options>();
  auto& command = *group.add_subcommand("init-ca", "Make the certificate authority of a hive");
  command.add_option("--out", options->out, "Directory for ca.pem and ca-key.pem, which must not be there")
    ->required()
    ->type_name("DIR");
  command.add_option("--name", options->name, "Name of the CA (default: hive)")->check(valid_id());
  command.add_option("--days", options->days, "Days that it is valid (default: 3650)")->check(CLI::Range(1U, max_days));
  add_local(ctx, command, [options](session& s) { return init_ca(s, *options); });
}

void add_issue(CLI::App& group, context& ctx) {
  auto options = std::make_shared<issue_options>();
  auto& command = *group.add_subcommand("issue", "Issue the certificate of a node or of an agent engine");
  command.add_option("--ca", options->ca, "Directory of the CA, as init-ca made it")
    ->required()
    ->check(existing_directory());
  auto* renews = command.add_option("--renew", options->renew,
                                    "Directory of a certificate to replace by one of the same name, with a new key");
  renews->check(existing_directory())->type_name("DIR");
  command.add_option("--role", options->role, "Role of its holder: node or engine")
    ->excludes(renews)
    ->check(CLI::IsMember({to_string(certificate_role::node), to_string(certificate_role::engine)}))
    ->type_name("ROLE");
  command.add_option("--name", options->name, "Name of the node or engine")->excludes(renews)->check(valid_id());
  command.add_option("--out", options->out, "Directory for ca.pem, cert.pem and key.pem, which must not be there")
    ->excludes(renews)
    ->type_name("DIR");
  command
    .add_option(
      "--host", options->hosts,
      "Host name or IP address, beside the name, by which clients of HTTPS know the node; several are allowed")
    ->excludes(renews)
    ->type_name("HOST");
  command.add_option("--days", options->days, "Days that it is valid, at most as long as the CA (default: 365)")
    ->check(CLI::Range(1U, max_days));
  add_local(ctx, command, [options](session& s) { return issue(s, *options); });
}

} // namespace

void add_node_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "node", "The nodes of the hive and their certificates", node_examples);
  add_member_commands(group, ctx);
  add_init_ca(group, ctx);
  add_issue(group, ctx);
  add_revocation_commands(group, ctx);
}

} // namespace hive::ctl
