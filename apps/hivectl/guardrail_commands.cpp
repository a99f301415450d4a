#include "actors/benchmark/guardrail/guardrail_manifest.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/ec.hpp"
#include "platform/hex.hpp"

#include <algorithm>
#include <filesystem>

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

constexpr auto guardrail_examples =
  "Examples:\n"
  "  hivectl guardrail keygen --out release\n"
  "  hivectl guardrail sign --key release.key --root . --out guardrail.json policy.md rules.py\n"
  "  git ls-files -z src | hivectl guardrail sign --key release.key --root . "
  "--out guardrail.json --files-from -\n"
  "  hivectl guardrail verify guardrail.json --public-key release.pub\n"
  "'verify' ends with 1 when something is not as it was signed. No node is asked.";

/// Size limit for a list of file names: a thousand bytes for each of some hundred thousand files.
constexpr size_t max_list_bytes = size_t{128} << 20;
/// The schema's limit for a pattern's body.
constexpr size_t max_pattern_bytes = 65'536;

struct sign_options {
  std::string key;
  std::string root;
  std::string out;
  std::vector<std::string> patterns;
  std::string files_from;
  std::vector<std::string> files;
};

struct verify_options {
  std::string manifest;
  std::string public_key;
};

/// Splits a list of names: NUL-terminated if it contains NUL characters, else one name per line.
std::vector<std::string> split_names(const std::string& list) {
  char separator = list.find('\0') == std::string::npos ? '\n' : '\0';
  std::vector<std::string> names;
  for (size_t start = 0; start < list.size();) {
    auto end = std::min(list.find(separator, start), list.size());
    if (end > start)
      names.push_back(list.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

caf::expected<std::vector<std::string>> collect_files(const sign_options& options) {
  auto files = options.files;
  if (options.files_from.empty())
    return files;
  auto list = read_file(options.files_from, max_list_bytes);
  if (!list)
    return list.error();
  auto listed = split_names(*list);
  files.insert(files.end(), listed.begin(), listed.end());
  return files;
}

caf::expected<std::vector<guardrail::pattern>> read_patterns(const sign_options& options) {
  std::vector<guardrail::pattern> patterns;
  for (const auto& assigned : options.patterns) {
    auto [name, file] = split_assignment(assigned);
    auto body = read_file(file, max_pattern_bytes);
    if (!body)
      return body.error();
    patterns.push_back({name, std::move(*body)});
  }
  return patterns;
}

/// `root` relative to the directory of `manifest`; empty when both are the same.
caf::expected<std::string> root_seen_from(const fs::path& manifest, const fs::path& root) {
  std::error_code failed;
  auto folder = fs::weakly_canonical(fs::absolute(manifest).parent_path(), failed);
  auto target = failed ? fs::path{} : fs::canonical(root, failed);
  if (failed)
    return fail_as(exit_status::file_failed,
                   "cannot find the way from " + manifest.string() + " to " + root.string() + ": " + failed.message());
  auto relative = target.lexically_relative(folder).string();
  return relative == "." ? std::string{} : relative;
}

caf::expected<msg<wire::GuardrailManifest>> build(const sign_options& options) {
  auto files = collect_files(options);
  if (!files)
    return files.error();
  auto patterns = read_patterns(options);
  if (!patterns)
    return patterns.error();
  auto root = root_seen_from(options.out, options.root);
  if (!root)
    return root.error();
  return guardrail::build_manifest(options.root, *files, *patterns, *root);
}

outcome sign(session& s, const sign_options& options) {
  auto key = guardrail::read_secret_key(options.key);
  if (!key)
    return key.error();
  auto manifest = build(options);
  if (!manifest)
    return manifest.error();
  auto signed_manifest = guardrail::sign(*manifest, *key);
  if (auto err = guardrail::write_manifest(options.out, signed_manifest))
    return err;
  s.out.answer(signed_manifest, [&] {
    s.out.line("Signed " + std::to_string(signed_manifest->getFiles().size()) + " files and " +
               std::to_string(signed_manifest->getPatterns().size()) + " patterns in " + options.out + ".");
  });
  return exit_status::done;
}

outcome keygen(session& s, const std::string& prefix) {
  auto pair = key_pair::generate();
  auto secret_file = prefix + ".key";
  auto public_file = prefix + ".pub";
  if (auto err = guardrail::write_secret_key(secret_file, pair))
    return err;
  if (auto err = guardrail::write_public_key(public_file, pair.public_part())) {
    std::error_code ignored; // half a pair is useless; the original error is reported
    fs::remove(secret_file, ignored);
    return err;
  }
  auto keys = msg<wire::GuardrailKeys>::build([&](auto k) {
    k.setSecretKeyFile(secret_file);
    k.setPublicKeyFile(public_file);
    k.setPublicKey(to_hex(pair.public_part()));
  });
  s.out.answer(keys, [&] {
    s.out.line("Wrote " + secret_file + " (keep it secret; it signs) and " + public_file + " (give it to every node).");
  });
  return exit_status::done;
}

msg<wire::GuardrailCheck> to_message(const guardrail::verification& verification) {
  return msg<wire::GuardrailCheck>::build([&](auto check) {
    check.setIntact(verification.ok());
    check.setFiles(verification.files);
    check.setPatterns(verification.patterns);
    auto findings = check.initFindings(static_cast<uint32_t>(verification.findings.size()));
    for (uint32_t i = 0; i < findings.size(); ++i) {
      findings[i].setSubject(verification.findings[i].subject);
      findings[i].setWhat(verification.findings[i].what);
    }
  });
}

void show_check(wire::GuardrailCheck::Reader check, output& out) {
  auto checked = std::to_string(check.getFiles()) + " files and " + std::to_string(check.getPatterns()) + " patterns";
  if (check.getIntact()) {
    out.line("Intact: " + checked + " are as they were signed.");
    return;
  }
  out.line("Violated: " + std::to_string(check.getFindings().size()) + " findings in " + checked + ".");
  out.line("");
  table rows{{text_column("SUBJECT"), text_column("FINDING")}};
  for (auto finding : check.getFindings())
    rows.add_row({finding.getSubject().cStr(), finding.getWhat().cStr()});
  out.print(rows);
}

outcome verify(session& s, const verify_options& options) {
  auto trusted = guardrail::read_public_key(options.public_key);
  if (!trusted)
    return trusted.error();
  auto verification = guardrail::verify(options.manifest, *trusted);
  if (!verification)
    return verification.error();
  auto check = to_message(*verification);
  s.out.answer(check, [&] { show_check(*check, s.out); });
  return verification->ok() ? exit_status::done : exit_status::rejected;
}

void add_keygen(CLI::App& group, context& ctx) {
  auto prefix = std::make_shared<std::string>();
  auto& command = *group.add_subcommand("keygen", "Make a pair of signing keys");
  command.add_option("--out", *prefix, "Writes PREFIX.key and PREFIX.pub, which must not exist")
    ->required()
    ->type_name("PREFIX");
  add_local(ctx, command, [prefix](session& s) { return keygen(s, *prefix); });
}

void add_sign(CLI::App& group, context& ctx) {
  auto options = std::make_shared<sign_options>();
  auto& command = *group.add_subcommand("sign", "Sign a manifest of files and patterns that must not change unnoticed");
  command.add_option("--key", options->key, "Secret key, as keygen made it")->required()->check(existing_file());
  command.add_option("--root", options->root, "Folder that the files are named from")
    ->required()
    ->check(existing_directory());
  command.add_option("--out", options->out, "Manifest to write")->required()->type_name("FILE");
  command.add_option("--pattern", options->patterns, "NAME=FILE: guard the wording in a file; may be repeated")
    ->check(assignment())
    ->expected(1)
    ->take_all()
    ->allow_extra_args(false);
  command
    .add_option("--files-from", options->files_from,
                "File with more FILES, one to a line or NUL-separated; - for "
                "standard input")
    ->check(file_or_stdin());
  command.add_option("FILES", options->files, "Files to guard, named from --root; behind -- names may begin with -");
  add_local(
    ctx, command,
    [options, &ctx](session& s) {
      if (ctx.behind_dashes)
        options->files.insert(options->files.end(), ctx.behind_dashes->begin(), ctx.behind_dashes->end());
      return sign(s, *options);
    },
    context::trailing::allowed);
}

void add_verify(CLI::App& group, context& ctx) {
  auto options = std::make_shared<verify_options>();
  auto& command = *group.add_subcommand("verify", "Check that everything is as it was signed");
  command.add_option("MANIFEST", options->manifest, "Signed manifest")->required()->check(existing_file());
  command.add_option("--public-key", options->public_key, "Public key to trust, as keygen made it")
    ->required()
    ->check(existing_file());
  add_local(ctx, command, [options](session& s) { return verify(s, *options); });
}

} // namespace

void add_guardrail_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "guardrail", "Files and patterns that must not change unnoticed", guardrail_examples);
  add_keygen(group, ctx);
  add_sign(group, ctx);
  add_verify(group, ctx);
}

} // namespace hive::ctl
