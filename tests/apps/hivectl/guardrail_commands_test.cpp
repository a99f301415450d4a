#include "messages/guardrail.capnp.h"
#include "messages/json.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A folder with two rules, a pattern and a key pair.
class guardrail_test : public testing::Test {
protected:
  void SetUp() override {
    put_file(path("src/rules.py"), "deny = True\n");
    put_file(path("src/-odd [a,b].md"), "policy\n");
    put_file(path("pattern.txt"), "never .* secrets");
    auto made = hivectl({"guardrail", "keygen", "--out", path("signer")});
    ASSERT_EQ(made.status, 0) << made.err;
  }

  std::string path(const std::string& name) const {
    return folder_.path() / name;
  }

  program_result sign(const std::vector<std::string>& files, const std::string& out = "manifest.json") const {
    std::vector<std::string> arguments{"guardrail", "sign",      "--key",     path("signer.key"),
                                       "--root",    path("src"), "--pattern", "secrets=" + path("pattern.txt"),
                                       "--out",     path(out)};
    arguments.insert(arguments.end(), files.begin(), files.end());
    return hivectl(arguments);
  }

  program_result verify(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"guardrail", "verify", path("manifest.json"), "--public-key",
                                       path("signer.pub")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return hivectl(arguments);
  }

  temporary_directory folder_;
};

TEST_F(guardrail_test, keygen_makes_a_secret_that_only_its_owner_reads) {
  EXPECT_EQ(fs::status(path("signer.key")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(fs::exists(path("signer.pub")));
}

TEST_F(guardrail_test, keygen_replaces_no_key) {
  auto before = file_text(path("signer.key"));
  auto again = hivectl({"guardrail", "keygen", "--out", path("signer")});
  EXPECT_EQ(again.status, 65);
  EXPECT_THAT(again.err, HasSubstr(path("signer.key")));
  EXPECT_EQ(file_text(path("signer.key")), before);

  put_file(path("half.pub"), "kept");
  EXPECT_EQ(hivectl({"guardrail", "keygen", "--out", path("half")}).status, 65);
  EXPECT_FALSE(fs::exists(path("half.key"))) << "half a pair is left to nobody";
  EXPECT_EQ(file_text(path("half.pub")), "kept");
}

TEST_F(guardrail_test, verify_ends_with0_when_all_is_as_signed) {
  auto signed_ = sign({"rules.py"});
  ASSERT_EQ(signed_.status, 0) << signed_.err;
  EXPECT_THAT(signed_.out, HasSubstr("Signed 1 files and 1 patterns"));
  auto result = verify();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "Intact: 1 files and 1 patterns are as they were signed.\n");
}

TEST_F(guardrail_test, verify_ends_with1_and_names_what_changed) {
  ASSERT_EQ(sign({"rules.py"}).status, 0);
  put_file(path("src/rules.py"), "deny = False\n");
  auto result = verify();
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, HasSubstr("\nrules.py  "));

  auto check = from_json<wire::GuardrailCheck>(verify({"--json"}).out);
  ASSERT_TRUE(check);
  EXPECT_FALSE((*check)->getIntact());
  ASSERT_EQ((*check)->getFindings().size(), 1U);
  EXPECT_EQ((*check)->getFindings()[0].getSubject(), "rules.py");
}

TEST_F(guardrail_test, verify_trusts_only_the_key_it_was_given) {
  ASSERT_EQ(sign({"rules.py"}).status, 0);
  ASSERT_EQ(hivectl({"guardrail", "keygen", "--out", path("other")}).status, 0);
  auto result = hivectl({"guardrail", "verify", path("manifest.json"), "--public-key", path("other.pub")});
  EXPECT_EQ(result.status, 1);
}

TEST_F(guardrail_test, verify_of_what_is_no_manifest_is_refused) {
  put_file(path("manifest.json"), "{}");
  auto result = verify();
  EXPECT_EQ(result.status, 65);
  EXPECT_THAT(result.err, HasSubstr("manifest.json"));
  EXPECT_EQ(result.out, "");
}

TEST_F(guardrail_test, sign_takes_files_from_lists) {
  put_file(path("lines"), "rules.py\n\n-odd [a,b].md\n");
  ASSERT_EQ(sign({"--files-from", path("lines")}).status, 0);
  EXPECT_THAT(verify().out, HasSubstr("2 files"));

  auto run = hivectl_program({"guardrail", "sign", "--key", path("signer.key"), "--root", path("src"), "--out",
                              path("manifest.json"), "--files-from", "-"});
  run.input = std::string{"rules.py\0-odd [a,b].md\0", 23};
  auto result = run_program(run);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(verify().out, HasSubstr("2 files and 0 patterns"));
}

TEST_F(guardrail_test, sign_takes_file_names_as_they_are) {
  put_file(path("src/[a,b]"), "x");
  auto split = sign({"[a,b]"});
  EXPECT_EQ(split.status, 64);
  EXPECT_THAT(split.err, HasSubstr("behind \"--\""));
  ASSERT_EQ(sign({"rules.py", "--", "[a,b]", "-odd [a,b].md"}).status, 0);
  EXPECT_THAT(verify().out, HasSubstr("Intact: 3 files"));
}

TEST_F(guardrail_test, manifest_may_stand_elsewhere) {
  auto result = sign({"rules.py"}, "deep/er/manifest.json");
  EXPECT_EQ(result.status, 74) << "folders are not made on the way";
  fs::create_directories(path("deep/er"));
  ASSERT_EQ(sign({"rules.py"}, "deep/er/manifest.json").status, 0);
  fs::rename(path("deep/er/manifest.json"), path("manifest.json"));
  EXPECT_EQ(verify().status, 1) << "its root is named from where it stood";
  fs::rename(path("manifest.json"), path("deep/er/manifest.json"));
  EXPECT_EQ(hivectl({"guardrail", "verify", path("deep/er/manifest.json"), "--public-key", path("signer.pub")}).status,
            0);
}

TEST_F(guardrail_test, sign_refuses_what_it_cannot_guard) {
  for (const std::vector<std::string>& files :
       {std::vector<std::string>{"missing.py"}, {"../pattern.txt"}, {path("src/rules.py")}, {"rules.py", "rules.py"}}) {
    auto result = sign(files);
    EXPECT_EQ(result.status, files.front() == "missing.py" ? 74 : 65);
    EXPECT_THAT(result.err, HasSubstr(files.back()));
    EXPECT_FALSE(fs::exists(path("manifest.json")));
  }
}

TEST_F(guardrail_test, as_json_sign_prints_the_manifest) {
  auto result = sign({"--json", "rules.py"});
  ASSERT_EQ(result.status, 0) << result.err;
  auto manifest = from_json<wire::GuardrailManifest>(result.out);
  ASSERT_TRUE(manifest);
  EXPECT_EQ((*manifest)->getFiles()[0].getPath(), "rules.py");
}

TEST_F(guardrail_test, ends_with64_on_wrong_usage) {
  EXPECT_EQ(hivectl({"guardrail", "verify", path("none"), "--public-key", path("signer.pub")}).status, 74);
  EXPECT_EQ(hivectl({"guardrail", "verify", path("signer.pub")}).status, 64);
  EXPECT_EQ(hivectl({"guardrail", "keygen"}).status, 64);
  EXPECT_EQ(sign({"--pattern", "noname"}).status, 64);
}

} // namespace
} // namespace hive::test
