#include "actors/benchmark/guardrail/guardrail_manifest.hpp"
#include "platform/hex.hpp"

#include "messages/json.hpp"
#include "tests/support/files.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

namespace hive::guardrail {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

auto is_finding(const std::string& subject, const std::string& what) {
  return AllOf(Field(&finding::subject, subject), Field(&finding::what, HasSubstr(what)));
}

const std::vector<std::string> files{"src/b.txt", "src/a.txt", "top.txt"};
const std::vector<pattern> patterns{{"no-secrets", "(?i)api[_-]key"}, {"empty-run", "^$"}};

class guardrail_manifest_test : public ::testing::Test {
protected:
  guardrail_manifest_test() {
    for (const auto& file : files)
      put_file(root / file, "content of " + file + "\n");
  }

  msg<wire::GuardrailManifest> make() {
    auto manifest = build_manifest(root, files, patterns, "guarded");
    if (!manifest)
      throw std::runtime_error(text_of(manifest.error()));
    return sign(*manifest, keys);
  }

  void write(const msg<wire::GuardrailManifest>& manifest) {
    auto error = write_manifest(path, manifest);
    ASSERT_FALSE(error) << text_of(error);
  }

  std::vector<finding> findings(const public_key& trusted) {
    auto result = verify(path, trusted);
    if (!result)
      throw std::runtime_error(text_of(result.error()));
    EXPECT_EQ(result->ok(), result->findings.empty());
    return result->findings;
  }

  std::vector<finding> findings() {
    return findings(keys.public_part());
  }

  /// Replaces a part of the manifest's text, which must contain it.
  void tamper(const std::string& from, const std::string& to) {
    auto text = file_text(path);
    auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from << " is not in " << text;
    put_file(path, text.replace(at, from.size(), to));
  }

  ec build_error(const std::vector<std::string>& listed) {
    auto manifest = build_manifest(root, listed, {});
    return manifest ? ec::none : code_of(manifest.error());
  }

  temporary_directory temp;
  fs::path root = temp.path() / "guarded";
  fs::path path = temp.path() / "guardrail.json";
  key_pair keys = key_pair::generate();
};

TEST_F(guardrail_manifest_test, what_was_signed_verifies) {
  write(make());
  auto result = verify(path, keys.public_part());
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_TRUE(result->ok());
  EXPECT_EQ(result->files, 3u);
  EXPECT_EQ(result->patterns, 2u);
}

TEST_F(guardrail_manifest_test, hash_is_the_sha256_of_the_content) {
  put_file(root / "abc", "abc");
  auto manifest = build_manifest(root, std::vector<std::string>{"abc"}, std::vector<pattern>{{"p", "abc"}});
  ASSERT_TRUE(manifest);
  // The one-block example of FIPS 180-4.
  std::string_view expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ((*manifest)->getFiles()[0].getSha256(), expected.data());
  EXPECT_EQ((*manifest)->getPatterns()[0].getSha256(), expected.data());
}

TEST_F(guardrail_manifest_test, large_files_are_hashed_whole) {
  std::string large(3 * 65536 + 17, 'x');
  put_file(root / "top.txt", large);
  write(make());
  EXPECT_THAT(findings(), ElementsAre());
  large.back() = 'y';
  put_file(root / "top.txt", large);
  EXPECT_THAT(findings(), ElementsAre(is_finding("top.txt", "has changed")));
}

TEST_F(guardrail_manifest_test, every_broken_file_is_a_finding_of_its_own) {
  write(make());
  put_file(root / "src/a.txt", "content of src/a.txt");
  fs::remove(root / "src/b.txt");
  fs::remove(root / "top.txt");
  fs::create_directory(root / "top.txt");
  EXPECT_THAT(findings(), ElementsAre(is_finding("src/a.txt", "has changed"), is_finding("src/b.txt", "is missing"),
                                      is_finding("top.txt", "is not a regular file")));
}

TEST_F(guardrail_manifest_test, a_pipe_in_place_of_a_file_does_not_block) {
  write(make());
  fs::remove(root / "top.txt");
  ASSERT_EQ(::mkfifo((root / "top.txt").c_str(), 0600), 0);
  EXPECT_THAT(findings(), ElementsAre(is_finding("top.txt", "is not a regular file")));
}

TEST_F(guardrail_manifest_test, a_missing_root_makes_every_file_missing) {
  write(make());
  fs::remove_all(root);
  EXPECT_EQ(findings().size(), 3u);
}

TEST_F(guardrail_manifest_test, unreadable_file_is_a_finding) {
  if (::geteuid() == 0)
    GTEST_SKIP() << "root reads everything";
  write(make());
  fs::permissions(root / "top.txt", fs::perms::none);
  EXPECT_THAT(findings(), ElementsAre(is_finding("top.txt", "cannot be read")));
}

TEST_F(guardrail_manifest_test, a_forged_hash_breaks_the_signature) {
  auto hash_of_top = [](const msg<wire::GuardrailManifest>& manifest) -> std::string {
    for (auto file : manifest->getFiles())
      if (file.getPath() == "top.txt")
        return file.getSha256().cStr();
    return {};
  };
  auto good = make();
  put_file(root / "top.txt", "evil");
  auto forged = make();
  write(good);
  tamper(hash_of_top(good), hash_of_top(forged));
  EXPECT_THAT(findings(), ElementsAre(is_finding("manifest", "signature that does not match")));
}

TEST_F(guardrail_manifest_test, another_root_breaks_the_signature) {
  write(make());
  fs::copy(root, temp.path() / "copied", fs::copy_options::recursive);
  tamper("\"guarded\"", "\"copied\"");
  EXPECT_THAT(findings(), ElementsAre(is_finding("manifest", "signature that does not match")));
}

TEST_F(guardrail_manifest_test, a_file_struck_off_the_list_breaks_the_signature) {
  auto manifest = make();
  auto struck = msg<wire::GuardrailManifest>::build([&](wire::GuardrailManifest::Builder out) {
    out.setRoot(manifest->getRoot());
    out.setSignedAt(manifest->getSignedAt());
    out.setPublicKey(manifest->getPublicKey());
    out.setSignature(manifest->getSignature());
    out.setPatterns(manifest->getPatterns());
    out.initFiles(1).setWithCaveats(0, manifest->getFiles()[0]);
  });
  write(struck);
  EXPECT_THAT(findings(), ElementsAre(is_finding("manifest", "signature that does not match")));
}

TEST_F(guardrail_manifest_test, a_changed_pattern_is_named) {
  write(make());
  tamper("(?i)api", "(?i)zzz");
  EXPECT_THAT(findings(),
              ElementsAre(is_finding("manifest", "signature"), is_finding("pattern no-secrets", "changed")));
}

TEST_F(guardrail_manifest_test, another_keys_signature_is_not_trusted) {
  auto other = key_pair::generate();
  write(sign(make(), other));
  EXPECT_THAT(findings(), ElementsAre(is_finding("manifest", to_hex(other.public_part())),
                                      is_finding("manifest", "signature that does not match")));
  EXPECT_THAT(findings(other.public_part()), ElementsAre());
}

TEST_F(guardrail_manifest_test, claiming_the_trusted_key_does_not_help) {
  auto other = key_pair::generate();
  write(sign(make(), other));
  tamper(to_hex(other.public_part()), to_hex(keys.public_part()));
  EXPECT_THAT(findings(), ElementsAre(is_finding("manifest", "signature that does not match")));
}

TEST_F(guardrail_manifest_test, unsigned_or_garbled_signature_is_a_finding) {
  auto manifest = build_manifest(root, files, patterns, "guarded");
  ASSERT_TRUE(manifest);
  write(*manifest);
  EXPECT_THAT(findings(), ElementsAre(is_finding("manifest", "is not signed")));
  auto signed_manifest = make();
  std::string signature = signed_manifest->getSignature().cStr();
  for (const std::string& garbled : {signature.substr(2), std::string(128, '0'), std::string(128, 'g')}) {
    write(signed_manifest);
    tamper(signature, garbled);
    EXPECT_THAT(findings(), ElementsAre(is_finding("manifest", "signature that does not match"))) << garbled;
  }
}

TEST_F(guardrail_manifest_test, signing_again_replaces_the_signature) {
  auto other = key_pair::generate();
  write(sign(sign(make(), other), keys));
  EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(guardrail_manifest_test, order_and_spacing_of_the_json_do_not_matter) {
  auto manifest = make();
  auto reversed = msg<wire::GuardrailManifest>::build([&](wire::GuardrailManifest::Builder out) {
    out.setRoot(manifest->getRoot());
    out.setSignedAt(manifest->getSignedAt());
    out.setPublicKey(manifest->getPublicKey());
    out.setSignature(manifest->getSignature());
    out.setPatterns(manifest->getPatterns());
    auto list = out.initFiles(manifest->getFiles().size());
    for (uint32_t i = 0; i < list.size(); ++i)
      list.setWithCaveats(i, manifest->getFiles()[list.size() - 1 - i]);
  });
  put_file(path, to_json(reversed));
  EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(guardrail_manifest_test, without_root_and_patterns_it_verifies_after_json) {
  path = root / "guardrail.json";
  auto manifest = build_manifest(root, files, {});
  ASSERT_TRUE(manifest);
  write(sign(*manifest, keys));
  EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(guardrail_manifest_test, a_manifest_named_by_a_relative_path_finds_its_files) {
  write(make());
  auto before = fs::current_path();
  fs::current_path(temp.path());
  path = "guardrail.json";
  EXPECT_THAT(findings(), ElementsAre());
  fs::current_path(before);
}

TEST_F(guardrail_manifest_test, links_may_point_inside_the_root_only) {
  fs::create_symlink("a.txt", root / "src/link");
  EXPECT_EQ(build_error({"src/link"}), ec::none);
  put_file(temp.path() / "outside.txt", "x");
  fs::create_symlink("../outside.txt", root / "leaves");
  EXPECT_EQ(build_error({"leaves"}), ec::invalid);
  fs::create_directory_symlink("..", root / "up");
  EXPECT_EQ(build_error({"up/outside.txt"}), ec::invalid);
  fs::create_symlink("loop", root / "loop");
  EXPECT_EQ(build_error({"loop"}), ec::unavailable);
}

TEST_F(guardrail_manifest_test, a_file_replaced_by_a_link_out_is_a_finding) {
  write(make());
  fs::copy(root / "top.txt", temp.path() / "outside.txt");
  fs::remove(root / "top.txt");
  fs::create_symlink(temp.path() / "outside.txt", root / "top.txt");
  EXPECT_THAT(findings(), ElementsAre(is_finding("top.txt", "leaves the root")));
}

TEST_F(guardrail_manifest_test, a_sibling_with_the_roots_name_as_prefix_is_outside) {
  put_file(temp.path() / "guarded-not/x.txt", "x");
  fs::create_symlink("../guarded-not/x.txt", root / "sibling");
  EXPECT_EQ(build_error({"sibling"}), ec::invalid);
}

TEST_F(guardrail_manifest_test, paths_that_are_not_plain_are_refused) {
  put_file(temp.path() / "outside.txt", "x");
  for (const std::string& listed :
       {std::string{"../outside.txt"}, std::string{"src/../../outside.txt"}, std::string{"src/../top.txt"},
        (root / "top.txt").string(), std::string{""}, std::string{"./top.txt"}, std::string{"src//a.txt"},
        std::string{"src/"}, std::string{"top.txt\n"}, std::string{"top.txt\0x", 9}})
    EXPECT_EQ(build_error({listed}), ec::invalid) << listed;
  EXPECT_EQ(build_error({"top.txt", "top.txt"}), ec::invalid);
  EXPECT_EQ(build_error({"absent.txt"}), ec::not_found);
  EXPECT_EQ(build_error({}), ec::invalid);
  auto doubled = build_manifest(root, {}, std::vector<pattern>{{"p", "a"}, {"p", "b"}});
  EXPECT_EQ(code_of(doubled.error()), ec::invalid);
}

TEST_F(guardrail_manifest_test, a_signed_path_out_of_the_root_is_a_finding_all_the_same) {
  put_file(temp.path() / "outside.txt", "x");
  auto manifest = msg<wire::GuardrailManifest>::build([&](wire::GuardrailManifest::Builder out) {
    out.setRoot("guarded");
    auto file = out.initFiles(1)[0];
    file.setPath("../outside.txt");
    file.setSha256("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"); // of "x"
  });
  write(sign(manifest, keys));
  EXPECT_THAT(findings(), ElementsAre(is_finding("../outside.txt", "not a plain path")));
}

TEST_F(guardrail_manifest_test, what_cannot_be_judged_is_an_error) {
  auto error_of = [&] { return code_of(verify(path, keys.public_part()).error()); };
  EXPECT_EQ(error_of(), ec::not_found);
  put_file(path, "{\"files\": {");
  EXPECT_EQ(error_of(), ec::malformed);
  put_file(path, "{\"files\": {\"a\": 1}}");
  EXPECT_EQ(error_of(), ec::invalid);
  put_file(path, "{}");
  EXPECT_EQ(error_of(), ec::invalid);
  write(sign(msg<wire::GuardrailManifest>{}, keys));
  EXPECT_EQ(error_of(), ec::invalid);
  put_file(path, std::string(17 << 20, ' '));
  EXPECT_EQ(error_of(), ec::too_large);
  write(make());
  tamper("\"guarded\"", "\"" + root.string() + "\"");
  EXPECT_EQ(error_of(), ec::invalid);
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(error_of(), ec::unsupported);
}

TEST_F(guardrail_manifest_test, a_cancelled_check_is_an_error_and_no_finding) {
  write(make());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(code_of(verify(path, keys.public_part(), {stop.get_token()}).error()), ec::unavailable);
  work_limit over{{}, work_limit::clock::now()};
  EXPECT_EQ(code_of(verify(path, keys.public_part(), over).error()), ec::timed_out);
}

TEST_F(guardrail_manifest_test, a_manifest_that_cannot_be_written_leaves_the_old_one) {
  write(make());
  auto before = file_text(path);
  fs::create_directory(path.string() + ".new");
  EXPECT_TRUE(write_manifest(path, make()));
  EXPECT_EQ(file_text(path), before);
}

/// Any single flipped bit must be noticed, unless the changed text has the same meaning.
TEST_F(guardrail_manifest_test, any_single_flipped_bit_is_noticed_or_harmless) {
  auto good = make();
  write(good);
  auto text = file_text(path);
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  size_t noticed = 0;
  for (size_t byte = 0; byte < text.size(); ++byte) {
    auto flipped = text;
    auto bit = random() % 8;
    flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
    put_file(path, flipped);
    auto result = verify(path, keys.public_part());
    if (!result || !result->ok()) {
      ++noticed;
      continue;
    }
    auto read = read_manifest(path);
    ASSERT_TRUE(read);
    ASSERT_EQ(to_json(*read), to_json(good)) << "byte " << byte << " bit " << bit;
  }
  // Only changes of white space may go unnoticed.
  EXPECT_GT(noticed, text.size() / 2);
}

// -- keys ----------------------------------------------------------------------

TEST_F(guardrail_manifest_test, keys_survive_their_files) {
  auto secret = temp.path() / "key";
  auto open = temp.path() / "key.pub";
  ASSERT_FALSE(write_secret_key(secret, keys));
  ASSERT_FALSE(write_public_key(open, keys.public_part()));
  EXPECT_EQ(fs::status(secret).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  auto read = read_secret_key(secret);
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_EQ(read->public_part(), keys.public_part());
  EXPECT_EQ(read_public_key(open), keys.public_part());
}

TEST_F(guardrail_manifest_test, a_key_file_is_never_replaced) {
  auto file = temp.path() / "key";
  ASSERT_FALSE(write_secret_key(file, keys));
  EXPECT_EQ(code_of(write_secret_key(file, key_pair::generate())), ec::already_exists);
  EXPECT_EQ(read_secret_key(file)->public_part(), keys.public_part());
  EXPECT_EQ(code_of(write_public_key(temp.path() / "no/such/key", keys.public_part())), ec::unavailable);
}

TEST_F(guardrail_manifest_test, a_secret_key_that_others_may_read_is_refused) {
  auto file = temp.path() / "key";
  ASSERT_FALSE(write_secret_key(file, keys));
  for (auto open : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | open);
    EXPECT_EQ(code_of(read_secret_key(file).error()), ec::forbidden);
  }
}

TEST_F(guardrail_manifest_test, a_public_key_is_not_taken_for_a_secret_one_that_is_readable) {
  auto file = temp.path() / "release.pub";
  ASSERT_FALSE(write_public_key(file, keys.public_part()));
  for (auto mode : {fs::perms{0644}, fs::perms{0600}}) { // both kinds of key file look alike inside, but a public one
                                                         // must not be used for signing
    fs::permissions(file, mode);
    auto error = read_secret_key(file).error();
    EXPECT_EQ(code_of(error), ec::invalid);
    EXPECT_NE(text_of(error).find("is named like a public key"), std::string::npos) << text_of(error);
    EXPECT_NE(text_of(error).find("release.key"), std::string::npos) << text_of(error);
    EXPECT_EQ(text_of(error).find("chmod"), std::string::npos) << text_of(error);
  }
}

TEST_F(guardrail_manifest_test, files_that_hold_no_key_are_refused) {
  auto file = temp.path() / "key";
  auto hex = to_hex(keys.public_part());
  for (const std::string& text : {std::string{}, hex.substr(1), hex + "00", std::string(64, 'G'), "x" + hex.substr(1),
                                  std::string(64, 'A'), std::string(10'000, '0')}) {
    put_file(file, text);
    auto code = code_of(read_public_key(file).error());
    EXPECT_TRUE(code == ec::malformed || code == ec::too_large) << text;
  }
  put_file(file, hex + "\r\n");
  EXPECT_EQ(read_public_key(file), keys.public_part());
  EXPECT_EQ(code_of(read_public_key(temp.path() / "absent").error()), ec::not_found);
  EXPECT_EQ(code_of(read_secret_key(temp.path() / "absent").error()), ec::not_found);
}

} // namespace
} // namespace hive::guardrail
