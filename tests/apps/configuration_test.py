"""Configuration of hived: docs/reference/configuration.md has every key and option and no other; --check, --print-config."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READER = "\n".join(
    (ROOT / f"apps/hived/{name}.cpp").read_text(encoding="utf-8") for name in ("config", "config_values", "http_config", "token_config", "backup_config", "benchmark_config", "metrics_config", "gate_config", "upgrade_config")
)
COMMAND_LINE = (ROOT / "apps/hived/command_line.cpp").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")

FUNCTION = re.compile(r"^\S[^\n;]*?\b(\w+)\([^;{}]*?\) \{\n(.*?)^\}", re.S | re.M)
SECTION = re.compile(r'\bsections?\(\s*"(\w+)",\s*\[&\]\(toml_section& \w+\) \{(.*?)\}\);', re.S)
KEY = re.compile(r'\bread\w*\((?:\w+,)?\s*"(\w+)"')
REST = re.compile(r'\b(read_\w+)\(\w+, [^"]')  # a call that reads more of the same section


def keys_of(functions, text, path=""):
    """The full names of the keys and sections that this code of the configuration reads of the section `path`."""
    out = set()
    for section, body in SECTION.findall(text):
        out |= {path + section} | keys_of(functions, body, f"{path}{section}.")
    text = SECTION.sub("", text)
    out |= {path + key for key in KEY.findall(text)}
    for called in REST.findall(text):
        out |= keys_of(functions, functions.get(called, ""), path)
    return out


def keys_taken():
    functions = dict(FUNCTION.findall(READER))
    tokens_file = functions.pop("read_tokens_file")  # a file of its own, of which the page says what it holds
    return keys_of(functions, functions["read_config_file"]) | {f"http.{key}" for key in KEY.findall(tokens_file)}


def keys_told():
    """The sections and keys of the page: headings, and the first column of the tables whose first head is `key`."""
    out = set()
    section = table = ""
    for line in PAGE.splitlines():
        first = line.split("|")[1].strip() if line.startswith("|") else ""
        table = table or first if first else ""
        if heading := re.fullmatch(r"#+ `\[+([\w.]+)\]+`", line):
            section = heading[1]
            out.add(section)
        elif section and table == "key" and first.startswith("`"):
            out.add(f"{section}.{first.strip('`')}")
    return out


def test_every_key_is_told():
    taken = keys_taken()
    assert {"node.name", "door.heartbeat_ms", "http.tokens.sha256", "benchmarks.model_registry.probe.requests"} <= taken
    assert taken - keys_told() == set()


def test_no_other_key_is_told():
    assert keys_told() - keys_taken() == set()


def test_every_option_and_variable_is_told():
    names = re.findall(r'add_option\(\s*"(--[\w-]+)"|envname\("(\w+)"\)', COMMAND_LINE)
    names = {option or variable for option, variable in names}
    assert {"--config", "HIVE_CONFIG", "--log-level", "HIVE_LOG_LEVEL"} <= names
    assert {name for name in names if not re.search(rf"`{name}\b", PAGE)} == set()


# -- hived --check and --print-config, with the real program --------------------------------


def hived(folder, *arguments, **variables):
    """Runs hived to its end in `folder`, with these environment variables alone."""
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"} | variables
    return subprocess.run(
        [os.environ["HIVED"], *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def program(tmp_path):
    """hived with a hived.toml of this text."""
    if "HIVED" not in os.environ:
        pytest.skip("HIVED names no hived")

    def run(text, *arguments, **variables):
        (tmp_path / "hived.toml").write_text(text, encoding="utf-8")
        return hived(tmp_path, "--config", "hived.toml", *arguments, **variables)

    return run


WHOLE = """
[node]
name = "n1"
[http]
max_in_flight = 10
[[http.tokens]]
name = "ci"
role = "record"
sha256 = "{hash}"
[benchmarks.regression]
command = ["sh", "-c", 'echo "x"']
environment = {{ API_KEY = "swordfish" }}
[benchmarks.model_registry]
url = "http://host.example/figures"
[tracker.heuristics]
code_review = "claude_code"
""".format(hash="ab" * 32)


def test_check_of_a_good_configuration_says_so_and_touches_nothing(program, tmp_path):
    result = program(WHOLE, "--check")
    assert (result.returncode, result.stdout, result.stderr) == (0, "configuration is good\n", "")
    assert [path.name for path in tmp_path.iterdir()] == ["hived.toml"], "no store is opened"


def test_check_without_a_file_checks_the_defaults(program, tmp_path):
    result = hived(tmp_path, "--check")
    assert (result.returncode, result.stdout) == (0, "configuration is good\n"), result.stderr


BROKEN = """
[node]
nmae = "n1"
[http]
listen = "nowhere"
[tracker]
max_records = -1
[nonsense]
"""


def test_check_names_what_a_start_would_refuse_all_at_once(program):
    checked = program(BROKEN, "--check")
    started = program(BROKEN)
    assert checked.returncode == started.returncode == 64
    assert checked.stderr == started.stderr
    assert checked.stderr.splitlines() == [
        "hived: hived.toml:8: nonsense is not a known key",
        "hived: hived.toml:3: node.nmae is not a known key",
        "hived: hived.toml:5: http.listen must be ADDRESS:PORT",
        "hived: hived.toml:7: tracker.max_records must lie between 0 and 18446744073709551615",
    ]
    assert checked.stdout == ""


def test_a_wrong_probe_is_named_once_and_beside_what_else_is_wrong(program):
    checked = program(
        '[benchmarks.model_registry]\nurl = "ftp://x"\n[[benchmarks.model_registry.probe]]\nmodel = "m"\n', "--check"
    )
    assert checked.returncode == 64
    assert checked.stderr.splitlines() == [
        "hived: hived.toml:3: benchmarks.model_registry.probe.base_url must start with http:// or https://",
        "hived: hived.toml:2: benchmarks.model_registry.url must start with http:// or https://",
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('sandbox = "maybe"', 'review.sandbox must be "off" or "required", not "maybe"'),
        ('lint = "on"', 'review.lint must be "report" or "block", not "on"'),
        ('format = "nose"', "review.format must be auto, pytest, ctest, junit, tap or go"),
        ('manifest = "g.json"', "review.manifest needs public_key"),
        ('read_only = ["opt"]', "review.read_only has the path opt"),
    ],
)
def test_a_wrong_value_of_reviews_is_named(program, text, named):
    result = program("[review]\n" + text, "--check")
    assert result.returncode == 64
    assert f"hived.toml:2: {named}" in result.stderr


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[[benchmarks.model_registry.probe]]\nbase_url = "http://x"\nmodel = "m"\nquestions = "none.jsonl"', "none.jsonl"),
        ('[benchmarks.guardrail]\nmanifest = "none.json"\npublic_key = "none.pub"', "none.pub"),
        ('[benchmarks.guardrail]\nmanifest = "none.json"\npublic_key = "none.pub"', "none.json"),
        ('[benchmarks.regression]\nworkdir = "/no/such"', "benchmarks.regression.workdir: /no/such is no directory"),
        ('[review]\nmanifest = "g.json"\npublic_key = "none.pub"', "review.public_key: none.pub"),
        ('[review]\nread_only = ["/no/such"]', "review.read_only: /no/such does not exist"),
        ('[upgrade.hooks]\nworkdir = "/no/such"', "upgrade.hooks.workdir: /no/such is no directory"),
        ('[upgrade.hooks]\ndeploy = ["/no/such"]', "upgrade.hooks.deploy: /no/such does not exist"),
        ('[upgrade.hooks]\nworkdir = "/bin"\nrollback = ["./no-such"]', "upgrade.hooks.rollback: ./no-such does not exist"),
        ('[http]\ntokens_file = "none.toml"', "hived.toml:2: http.tokens_file"),
        ('[door]\nlisten = "127.0.0.1:0"\ntls = "none"', "hived.toml:3: door.tls"),
    ],
)
def test_check_opens_every_file_that_the_configuration_names(program, text, named):
    result = program(text, "--check")
    assert result.returncode == 64
    assert named in result.stderr


def test_what_a_variable_says_is_named_by_the_variable(program):
    assert "hived: HIVE_HTTP must be ADDRESS:PORT, not x\n" == program("", "--check", HIVE_HTTP="x").stderr
    assert "hived: --http must be ADDRESS:PORT, not y\n" == program("", "--check", "--http", "y", HIVE_HTTP="x").stderr


def sources(text):
    """The remark behind each key of a printed configuration, by its full name."""
    out, section = {}, ""
    for line in text.splitlines():
        if heading := re.fullmatch(r'\[+([\w."*]+)\]+', line):
            section = heading[1] + "."
        elif setting := re.fullmatch(r'(?:# )?([\w".]+)(?: = .*)?  # (.*)', line):
            out[section + setting[1]] = setting[2]
    return out


def test_print_config_is_the_whole_configuration_with_its_sources(program):
    result = program(WHOLE, "--print-config", "--log-level", "debug", HIVE_DATA="elsewhere", HIVE_HTTP="127.0.0.1:0")
    assert result.returncode == 0, result.stderr
    values = tomllib.loads(result.stdout)
    assert values["node"].pop("threads") >= 1  # the cores of this machine
    assert values["node"] | {"tier": 0} == {
        "name": "n1", "tier": 0, "log_level": "debug", "data": "elsewhere", "checkout": "."
    }  # fmt: skip
    assert values["http"]["listen"] == "127.0.0.1:0"
    assert values["benchmarks"]["regression"]["command"] == ["sh", "-c", 'echo "x"']
    assert values["tracker"]["heuristics"] == {"code_review": "claude_code"}
    told = sources(result.stdout)
    assert told["node.name"] == "hived.toml:3"
    assert told["node.log_level"] == "--log-level"
    assert told["node.data"] == "HIVE_DATA"
    assert told["http.listen"] == "HIVE_HTTP"
    assert told["store.min_free_mib"] == "default"
    assert told["door.tls"] == "not set"


def test_print_config_tells_every_key_of_the_page(program):
    text = WHOLE + '[[benchmarks.model_registry.probe]]\nbase_url = "http://x"\nmodel = "m"\n'
    text += "[[gpu.simulated]]\nvram_mib = 8192\n[[metrics]]\nname = \"*\"\n"
    text += '[versions]\n"v2.0" = "/srv/v2.0"\n"*" = {directory = "/srv/{version}"}\n'
    text += '[upgrade]\nmembers = ["a1"]\nweights = {a1 = 2}\ntiers = {a1 = "central"}\n'
    printed = program(text, "--print-config").stdout
    assert tomllib.loads(printed)["versions"]["v2.0"] == "/srv/v2.0"
    told = {name.replace('versions."*".', "versions.") for name in sources(printed)}
    told |= {name.rsplit(".", 1)[0] for name in told}  # tables whose keys are names of something
    names = keys_told()
    sections = {name for name in names if any(other.startswith(name + ".") for other in names)}
    assert names - sections - told == set()


def test_print_config_hides_secrets(program):
    text = program(WHOLE, "--print-config").stdout
    assert "swordfish" not in text
    assert "ab" * 32 not in text
    assert "API_KEY" in text


def test_what_is_printed_can_be_read_again(program):
    printed = program("", "--print-config", "--name", "n1").stdout
    again = program(printed, "--print-config").stdout
    assert tomllib.loads(again) == tomllib.loads(printed)
    assert program(printed, "--check").returncode == 0


@pytest.mark.parametrize(
    "text, wrong",
    [
        ('library = ""', ":2: gpu.library must be the name or path"),
        ("library = 7", ":2: gpu.library must be a string"),
        ('probe = ""', ":2: gpu.probe must not be empty"),
        ("simulated = 2", ":2: gpu.simulated must be an array of sections"),
        ("[[gpu.simulated]]", ":2: gpu.simulated.vram_mib must lie between 1 and 16777216"),
        ("[[gpu.simulated]]\nvram_mib = 0", ":3: gpu.simulated.vram_mib must lie between 1 and 16777216"),
        ("[[gpu.simulated]]\nvram_mib = -1", ":3: gpu.simulated.vram_mib must lie between"),
        ("[[gpu.simulated]]\nvram_mib = 16777217", ":3: gpu.simulated.vram_mib must lie between 1 and 16777216"),
        ('[[gpu.simulated]]\nvram_mib = 1\nname = ""', ":4: gpu.simulated.name must be 1 to 96 printable"),
        ("[[gpu.simulated]]\nvram_mib = 1\nvram_gb = 1", ":4: gpu.simulated.vram_gb is not a known key"),
        ("[[gpu.simulated]]\nvram_mib = 1\n" * 65, "simulated has more than 64 elements"),
    ],
)
def test_gpu_section_names_key_and_line(program, text, wrong):
    result = program("[gpu]\n" + text, "--check")
    assert result.returncode == 64
    assert wrong in result.stderr


def test_gpu_section_takes_simulated_devices(program):
    text = '[gpu]\nlibrary = "libfake.so"\n[[gpu.simulated]]\nvram_mib = 8192\n[[gpu.simulated]]\nname = "b"\nvram_mib = 1\n'
    printed = tomllib.loads(program(text, "--print-config").stdout)
    simulated = [{"name": "simulated GPU", "vram_mib": 8192}, {"name": "b", "vram_mib": 1}]
    assert printed["gpu"] == {"library": "libfake.so", "island": 0, "simulated": simulated}


HOOKS = """
[upgrade.hooks]
deploy = ["/usr/local/bin/deploy", "--track", "main"]
rollback = ["/usr/local/bin/rollback"]
on_approve = ["sh", "-c", "cat > approved"]
on_reject = ["true"]
on_rollback = ["true"]
timeout_s = 30.0
workdir = "/srv"
on_unknown = "rerun"
"""


def test_hooks_are_taken(program):
    printed = tomllib.loads(program(HOOKS, "--print-config").stdout)
    assert printed["upgrade"]["hooks"] == tomllib.loads(HOOKS)["upgrade"]["hooks"]


def test_without_hooks_there_are_none(program):
    told = program("", "--print-config").stdout
    assert tomllib.loads(told)["upgrade"]["hooks"] == {"timeout_s": 600, "on_unknown": "held"}
    assert sources(told)["upgrade.hooks.deploy"] == "not set"


@pytest.mark.parametrize(
    "text, wrong",
    [
        ('deploy = "sh"', ":2: upgrade.hooks.deploy must be an array of strings"),
        ('deploy = [""]', ":2: upgrade.hooks.deploy has no program"),
        ("rollback = [1]", ":2: upgrade.hooks.rollback must be an array of strings"),
        ("on_reject = [" + '"x", ' * 257 + "]", ":2: upgrade.hooks.on_reject has more than 256 elements"),
        ("timeout_s = 0", ":2: upgrade.hooks.timeout_s must lie between 0.1 and 86400"),
        ("workdir = 1", ":2: upgrade.hooks.workdir must be a string"),
        ('on_unknown = "again"', ':2: upgrade.hooks.on_unknown must be "held" or "rerun", not "again"'),
        ('on_abort = ["x"]', ":2: upgrade.hooks.on_abort is not a known key"),
    ],
)
def test_a_wrong_hook_is_named(program, text, wrong):
    result = program("[upgrade.hooks]\n" + text, "--check")
    assert result.returncode == 64
    assert wrong in result.stderr


def health(program, text):
    return tomllib.loads(program(text, "--print-config").stdout)["upgrade"]["health"]


CRITERIA = ("success_rate", "error_rate", "world_model", "guardrail", "responding", "benchmarks")


def test_health_of_stages_has_defaults_that_a_node_can_meet(program):
    on = {name for name in CRITERIA if health(program, "")[name]}
    assert on == {"success_rate", "responding"}
    guarded = '[benchmarks.guardrail]\nmanifest = "g.json"\npublic_key = "g.pub"\n'
    on = {name for name in CRITERIA if health(program, guarded)[name]}
    assert on == {"success_rate", "guardrail", "responding"}, "the guardrail is checked where there is one"
    assert not health(program, guarded + "[upgrade.health]\nguardrail = false\n")["guardrail"]


def test_health_of_stages_is_taken(program):
    text = (
        "[upgrade.health]\nsuccess_rate = false\nsuccess_rate_margin = 0.05\nsuccess_rate_traffic = 10\n"
        "error_rate = true\nerror_rate_margin = 0.1\nerror_rate_traffic = 20\nworld_model = true\n"
        "world_model_margin = 0.5\nworld_model_traffic = 3\nguardrail = true\nresponding = false\n"
        "responding_grace_s = 30\nbenchmarks = true\n"
    )
    assert health(program, text) == tomllib.loads(text)["upgrade"]["health"]


@pytest.mark.parametrize(
    "text, wrong",
    [
        ('success_rate = "yes"', ":2: upgrade.health.success_rate must be true or false"),
        ("success_rate_margin = 0", ":2: upgrade.health.success_rate_margin must lie between 0.001 and 0.99"),
        ("error_rate_margin = 1", ":2: upgrade.health.error_rate_margin must lie between 0.001 and 0.99"),
        ("world_model_traffic = 0", ":2: upgrade.health.world_model_traffic must lie between 1 and 1000000"),
        ("responding_grace_s = 1", ":2: upgrade.health.responding_grace_s must lie between 2 and 86400"),
        ("success_rate = false\nresponding = false", ":3: upgrade.health.responding cannot be off"),
        ("latency = true", ":2: upgrade.health.latency is not a known key"),
    ],
)
def test_wrong_health_of_stages_is_named(program, text, wrong):
    result = program("[upgrade.health]\n" + text, "--check")
    assert result.returncode == 64
    assert wrong in result.stderr


METRICS = """
[[metrics]]
name = "hyper.*"
margin = 0.1
absolute_margin = 2
resolution = 0.5
kind = "count"
advisory = true
gate = false
same_environment = ["cpu_model", "governor"]
[[metrics]]
name = "*"
same_environment = []
"""


def test_rules_of_metrics_are_taken(program):
    printed = tomllib.loads(program(METRICS, "--print-config").stdout)
    assert printed["metrics"] == tomllib.loads(METRICS)["metrics"]


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("", ":1: metrics.name must have 1 to 321 bytes"),
        ('name = ""', ":2: metrics.name must have 1 to 321 bytes"),
        ('name = "' + "x" * 322 + '"', ":2: metrics.name must have 1 to 321 bytes"),
        ('name = "a"\nmargn = 0.1', ":3: metrics.margn is not a known key"),
        ('name = "a"\nmargin = "0.1"', ":3: metrics.margin must be a number"),
        ('name = "a"\nmargin = 0.96', ":3: metrics.margin must lie between 0 and 0.95"),
        ('name = "a"\nmargin = nan', ":3: metrics.margin must lie between 0 and 0.95"),
        ('name = "a"\nabsolute_margin = -1', ":3: metrics.absolute_margin must be a finite number of at least 0"),
        ('name = "a"\nresolution = inf', ":3: metrics.resolution must be a finite number of at least 0"),
        ('name = "a"\nkind = "many"', ":3: metrics.kind must be continuous, count or ratio"),
        ('name = "a"\nkind = ""', ":3: metrics.kind must be continuous, count or ratio"),
        ('name = "a"\nadvisory = 1', ":3: metrics.advisory must be true or false"),
        ('name = "a"\ngate = "no"', ":3: metrics.gate must be true or false"),
        ('name = "a"\nsame_environment = "gpu"', ":3: metrics.same_environment must be an array of strings"),
        ('name = "a"\nsame_environment = ["cpu"]', ':3: metrics.same_environment has "cpu", which is none of cpu_model, cores'),
        ('name = "a"\n[[metrics]]\nname = "a"', ":4: metrics.name is that of an earlier table"),
    ],
)
def test_a_wrong_rule_of_metrics_is_named(program, text, wrong):
    result = program("[[metrics]]\n" + text, "--check")
    assert result.returncode == 64
    assert wrong in result.stderr


def test_metrics_is_an_array_of_tables(program):
    result = program('[metrics]\nname = "a"', "--check")
    assert result.returncode == 64
    assert "hived.toml:1: metrics must be an array of sections" in result.stderr


def test_check_and_print_together(program):
    result = program("", "--check", "--print-config")
    assert (result.returncode, result.stderr) == (0, "configuration is good\n")
    assert "node" in tomllib.loads(result.stdout)
