// `include`: one configuration in several files.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "config_world.h"
#include "daemon/config/load_config.h"

using namespace modelvane;
using modelvane::test::joined;
using modelvane::test::TemporaryFolder;

namespace {

// A folder with a main file and conf.d.
struct World {
  TemporaryFolder folder;
  std::string main;

  explicit World(const std::string& text) {
    test::set_up_environment();
    std::filesystem::create_directory(folder.path() / "conf.d");
    main = folder.write("modelvane.yml", text);
  }
  void add(const std::string& name, const std::string& text) const {
    folder.write("conf.d/" + name, text);
  }
  // Without the folder's name, which is another one each time.
  std::string errors() const {
    const auto config = load_config(main);
    auto text = config ? "" : joined(config.error());
    const auto prefix = folder.path().string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }
  Config config() const {
    auto config = load_config(main);
    if (!config) FAIL(joined(config.error()));
    return std::move(*config);
  }
};

std::vector<std::string> names(const Config& config) {
  std::vector<std::string> all;
  for (const auto& endpoint : config.endpoints) all.push_back(endpoint->name);
  return all;
}

std::string endpoint(const std::string& name) {
  return fmt::format("{{name: {}, url: \"https://{}.example/v1/models\", aliases: []}}", name,
                     name);
}

}  // namespace

TEST_CASE("endpoints come in the order of the files: the main one, then the globs, by name") {
  const World world(
      "include: [conf.d/z.yml, conf.d/*.yml]\ndefaults: {interval: 30s}\nendpoints: [" +
      endpoint("own") + "]\n");
  world.add("b.yml", "endpoints: [" + endpoint("b1") + ", " + endpoint("b2") + "]\n");
  world.add("a.yml", "endpoints: [" + endpoint("a") + "]\n");
  world.add("z.yml", "endpoints: [" + endpoint("z") + "]\n");
  world.add("z.yml.bak", "endpoints: [" + endpoint("old") + "]\n");
  const auto config = world.config();
  CHECK(names(config) == std::vector<std::string>{"own", "z", "a", "b1", "b2"});
  // The main file's defaults are everybody's.
  for (const auto& each : config.endpoints) CHECK(each->interval == std::chrono::seconds{30});
  // What a change is recognised by: each file that was read.
  CHECK(config.files.size() == 4);
}

TEST_CASE("an error in a further file names that file and its line, beside those of the main one") {
  const World world("include: [conf.d/*.yml]\nendpoints:\n  - name: own\n    urll: x\n");
  world.add("a.yml", "endpoints:\n  - " + endpoint("fine") + "\n  - {provider: inernlm}\n");
  world.add("b.yml", "endpoints: [\n");
  world.add("c.yml", "storage: {retention: 30d}\nenpoints: []\n");
  CHECK(world.errors() ==
        "modelvane.yml:3:5: endpoints[0].aliases: is missing; write aliases: [{field: "
        "/ref_model}], or [] to watch ids and availability only\n"
        "modelvane.yml:4:5: endpoints[0].urll: unknown key; did you mean \"url\"?\n"
        "conf.d/a.yml:3:16: endpoints[1].provider: unknown provider \"inernlm\"; did you mean "
        "\"internlm\"?\n"
        "conf.d/b.yml:2:1: not valid YAML: a \"[\" is not closed, or a comma is missing\n"
        "conf.d/c.yml:1:10: storage: belongs into modelvane.yml; a further file holds endpoints "
        "and webhooks alone\n"
        "conf.d/c.yml:2:1: enpoints: unknown key; did you mean \"endpoints\"?\n");
}

TEST_CASE("a name counts once in all files, and the error says where it is taken") {
  const World world("include: [conf.d/*.yml]\nendpoints: [" + endpoint("one") + "]\n");
  world.add("a.yml", "\nendpoints: [" + endpoint("two") + "]\n");
  world.add("b.yml", "endpoints:\n  - " + endpoint("one") + "\n  - " + endpoint("two") + "\n");
  const auto errors = world.errors();
  CHECK(errors.find("conf.d/b.yml:2:12: endpoints[0].name: the name \"one\" is taken by "
                    "endpoints[0] (modelvane.yml, line 2); give each its own name\n") !=
        std::string::npos);
  CHECK(errors.find("conf.d/b.yml:3:12: endpoints[1].name: the name \"two\" is taken by "
                    "endpoints[0] (conf.d/a.yml, line 2); give each its own name\n") !=
        std::string::npos);
}

TEST_CASE("webhooks and windows of the main file may name endpoints of further ones") {
  const World world(
      "include: [conf.d/*.yml]\n"
      "webhooks: [{name: w, url: \"https://hook.example\", endpoints: [far]}]\n"
      "maintenance: [{name: m, endpoints: [far], from: 2026-11-22T10:00:00Z, to: "
      "2026-11-22T11:00:00Z}]\n");
  world.add("a.yml", "endpoints: [" + endpoint("far") +
                         "]\nwebhooks: [{name: v, url: \"https://hook.example\"}]\n");
  const auto config = world.config();
  CHECK(config.webhooks.size() == 2);
  CHECK(config.webhooks[1].name == "v");
}

TEST_CASE("a further file's paths count from its own folder, and its secrets are checked") {
  const World world("include: [conf.d/a.yml]\n");
  world.add("key", "k-123\n");
  world.add("a.yml",
            "endpoints:\n"
            "  - {name: a, url: \"https://a.example/v1/models\", aliases: [], authorization: "
            "{credentials_file: key}}\n");
  CHECK(world.config().endpoints[0]->access->authorization->credentials.where ==
        (world.folder.path() / "conf.d/key").string());
  world.add("a.yml",
            "endpoints:\n"
            "  - {name: a, url: \"https://a.example/v1/models\", aliases: [], authorization: "
            "{credentials_env: UNSET_KEY}}\n");
  CHECK(world.errors().starts_with("conf.d/a.yml:2:"));
}

TEST_CASE("what cannot be meant by include is told") {
  CHECK(World("include: [conf.d/none.yml]\nendpoints: [" + endpoint("own") + "]\n").errors() ==
        "modelvane.yml:1:11: include[0]: there is no file \"conf.d/none.yml\"\n");
  CHECK(World("include: [\"*.yml\"]\nendpoints: [" + endpoint("own") + "]\n").errors() ==
        "modelvane.yml:1:10: include: names this file itself; keep the others in a folder of "
        "their own, such as conf.d/*.yml\n");
  CHECK(
      World("include: [conf.d/*.yml]\n")
          .errors()
          .starts_with(
              "modelvane.yml:1:10: include: there is no endpoint in any file; write at least one"));
  const World nested("include: [conf.d/*.yml]\nendpoints: [" + endpoint("own") + "]\n");
  nested.add("a.yml", "include: [b.yml]\ndefaults: {interval: 30s}\n");
  CHECK(nested.errors() ==
        "conf.d/a.yml:1:10: include: belongs into modelvane.yml; a further file holds endpoints "
        "and webhooks alone\n"
        "conf.d/a.yml:2:11: defaults: belongs into modelvane.yml; a further file holds endpoints "
        "and webhooks alone\n");
}

TEST_CASE("without secrets and files at hand a missing further file is no error") {
  const World world("include: [conf.d/none.yml]\nendpoints: [" + endpoint("own") + "]\n");
  CHECK(load_config(world.main, Surroundings::Ignored).has_value());
}

TEST_CASE("the limit of endpoints counts those of all files") {
  std::string many = "endpoints:\n";
  for (std::size_t i = 0; i + 1 < kEndpointsMax; ++i)
    many += fmt::format("  - {{name: e{}, provider: vllm, url: \"http://h/{}\"}}\n", i, i);
  const World world("include: [conf.d/*.yml]\nendpoints: [" + endpoint("own") + "]\n");
  world.add("a.yml", many);
  CHECK(world.config().endpoints.size() == kEndpointsMax);
  world.add("b.yml", "endpoints: [" + endpoint("more") + "]\n");
  CHECK(world.errors() ==
        fmt::format("conf.d/b.yml:1:12: endpoints: must have at most {} endpoints, not {}; run a "
                    "second modelvane\n",
                    kEndpointsMax, kEndpointsMax + 1));
}
