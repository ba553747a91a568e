// Command line -> command -> exit code; what is said of wrong words, and of commands as a whole.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "daemon/commands/command_line.h"
#include "daemon/commands/places.h"
#include "daemon/commands/process.h"
#include "daemon/commands/usage.h"
#include "revision.h"
#include "version.h"

namespace {

using namespace modelvane;

// CLI11 would show types and defaults as "--config.file TEXT=modelvane.yml".
class HelpFormatter : public CLI::Formatter {
 public:
  // "--config.file FILE": the last word of the name says what is meant.
  std::string make_option_opts(const CLI::Option* option) const override {
    if (!option->get_option_text().empty()) return " " + option->get_option_text();
    if (option->get_positional() || option->get_expected_max() == 0) return "";
    const auto name = option->get_name();
    auto value = name.substr(name.find_last_of(".-") + 1);
    std::ranges::transform(value, value.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return " " + value;
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    const auto value = option->get_default_str();
    return option->get_description() + (value.empty() ? "" : " [" + value + "]");
  }
};

// The flags of a command if `typed` looks like one, else the commands below it.
std::vector<std::string> names_like(const CLI::App& command, const std::string& typed) {
  std::vector<std::string> names;
  if (typed.starts_with('-')) {
    for (const auto* option : command.get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
  }
  for (const auto* below : command.get_subcommands(nullptr)) names.push_back(below->get_name());
  return names;
}

// "modelvane deliveries list"
std::string command_path(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : command_path(*parent) + " " + command.get_name();
}

// `modelvane help` and `modelvane help history`.
void add_help(CLI::App& app, Command& chosen, std::vector<std::string>& words) {
  auto* command =
      app.add_subcommand("help", "What the commands do; help COMMAND tells one in full");
  command->add_option("COMMAND", words, "One of the commands");
  command->callback([&] {
    chosen = [&] {
      const CLI::App* about = &app;
      for (const auto& word : words) {
        const auto commands =
            about->get_subcommands([&](const CLI::App* sub) { return sub->check_name(word); });
        if (commands.empty()) {
          fmt::print(stderr, "modelvane: {}\n", unknown_word(word, names_like(*about, word)));
          return kUsageError;
        }
        about = commands.front();
      }
      // help() of a command that was chosen would be about the chosen one.
      fmt::print("{}", about->get_formatter()->make_help(about, command_path(*about),
                                                         CLI::AppFormatMode::Normal));
      return 0;
    };
  });
}

// What was typed is wrong: with the words that may have been meant, where there are any.
int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const auto path = command == &app ? std::string{"modelvane"} : command_path(*command);
  const auto extras = app.remaining(true);
  const bool is_extra = !extras.empty();
  const auto below = names_like(*command, "");
  const bool is_incomplete =
      error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !below.empty();
  // CLI11 says "--log.level: 1 required TEXT missing".
  const bool takes_one =
      error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch);
  const std::string what = error.what();
  const auto option = what.substr(0, what.find(':'));
  fmt::print(stderr, "{}: {}\nRun `{} --help` for what there is.\n", path,
             takes_one       ? fmt::format("{} takes one value", option)
             : is_extra      ? unknown_word(extras.front(), names_like(*command, extras.front()))
             : is_incomplete ? fmt::format("say which: {}", fmt::join(below, ", "))
                             : what,
             path);
  return kUsageError;
}

int run(int argc, char** argv) {
  CLI::App app{
      "modelvane: a weather vane for model aliases. It watches what `*-latest` model aliases of "
      "LLM APIs point to, tells you "
      "the\n"
      "moment that one moves, and shows latency and availability to Prometheus.\n\n"
      "First steps: modelvane demo (needs nothing), then modelvane probe URL, then modelvane serve "
      "--config.file FILE",
      "modelvane"};
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_version_flag("--version",
                       "modelvane " MODELVANE_VERSION " (revision " MODELVANE_REVISION ")");
  app.require_subcommand(1);
  Command chosen;
  CommandOptions options{usual_places()};
  add_commands(app, chosen, options);
  std::vector<std::string> help_words;
  add_help(app, chosen, help_words);
  if (argc <= 1) {
    fmt::print(stderr, "{}", app.help());
    return kUsageError;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {
    return app.exit(wanted);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  return chosen();
}

}  // namespace

int main(int argc, char** argv) {
  set_up_process();
  try {
    return code_after_output(run(argc, argv));
  } catch (const std::exception& error) {
    // Output that failed is thrown as an error, too; it has a sentence of its own.
    if (std::ferror(stdout) == 0)
      std::fprintf(stderr, "modelvane: %s\n", sentence_of(error).c_str());
    return code_after_output(kFailed);
  }
}
