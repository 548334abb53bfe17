/// What the manual says beside the tables of the command line.
enum ManualText {
  /// A term and what it is.
  struct Entry {
    var term: String
    var text: String

    fileprivate init(_ term: String, _ text: String) {
      (self.term, self.text) = (term, text)
    }
  }

  /// What the program is.
  static let description = [
    "martlet creates and runs containers as the runtime specification of the Open Container Initiative describes "
      + "them. It takes the commands, options, files and JSON of runc, and engines call it in its place. No part of it "
      + "stays resident once a container runs.",
    "A container is made from a bundle: a directory with a root file system and a config.json, which martlet-spec(8) "
      + "writes a first version of.",
  ]

  /// The sections of the main page that are lists.
  static let sections: [(name: String, text: String, entries: [Entry])] = [
    (
      "CONFIGURATION",
      "What holds for a whole host is a JSON object, which may have comments. An unknown key or value is an error that "
        + "names its line. Options of the command line come first.",
      configuration
    ),
    ("ENVIRONMENT", "", environment),
    ("FILES", "", files),
    ("EXIT STATUS", "", generalStatuses + [unknownCommand] + commandStatuses),
  ]

  private static let configuration = [
    Entry("cgroupManager", "'auto', 'cgroupfs', 'systemd' or 'disabled'."),
    Entry(
      "intelRdt",
      "Whether containers get classes of service: true, false, or {\"mount\": PATH} for a resctrl file system that is "
        + "mounted elsewhere."),
    Entry("criuPath", "The criu program."),
    Entry("seccompCache", "Where compiled filters are kept: an absolute path, or false for nowhere."),
    Entry(
      "log", "Where failures and warnings are appended to, a file or a service, where no option names one."),
  ]

  private static let environment = [
    Entry("MARTLET_CONFIG", "The configuration of the host, where --config names none."),
    Entry(
      "XDG_RUNTIME_DIR",
      "For users, and for root of a user namespace: state is kept in its directory martlet."),
    Entry("USER", "In a user namespace, root by this name keeps state in /run/martlet all the same."),
    Entry(
      "DBUS_SYSTEM_BUS_ADDRESS, DBUS_SESSION_BUS_ADDRESS",
      "Where systemd is spoken to when it manages cgroups and its private socket does not answer."),
    Entry(
      "LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES", "Descriptors that are passed on to the container's program."),
    Entry("NOTIFY_SOCKET", "The service manager, which hears what the container tells it."),
    Entry("PATH", "Where ps(1) and criu(8) are looked for."),
    Entry("NO_COLOR, TERM", "Whether a terminal gets colours."),
  ]

  private static let files = [
    Entry("/etc/martlet/martlet.json", "The configuration of the host."),
    Entry("/run/martlet", "The state of root's containers."),
  ]

  private static let generalStatuses = [
    Entry("0", "The command did what it was asked for."),
    Entry("1", "It failed, or its command line makes no sense. Standard error says why, in one line."),
  ]

  private static let unknownCommand = Entry("3", "There is no such command.")

  private static let commandStatuses = [
    Entry("255", "martlet-exec(8) could not run the process."),
    Entry(
      "any other",
      "That of the container's program, for martlet-run(8) and martlet-exec(8) in the foreground; 128 and the signal's "
        + "number if a signal ended it."),
  ]

  /// What a command can end with.
  static func exitStatuses(of command: Command) -> [Entry] {
    switch command {
    case .exec: generalStatuses + commandStatuses
    case .run: generalStatuses + [commandStatuses[1]]
    default: generalStatuses
    }
  }

  /// Lines of a shell, and what they do.
  static let examples = [
    Entry(
      "martlet spec --bundle demo\nmartlet run --bundle demo mycontainer",
      "A container of a bundle of your own:"),
    Entry(
      "martlet create --bundle demo mycontainer\nmartlet start mycontainer\n"
        + "martlet exec mycontainer ls /\nmartlet kill mycontainer KILL\nmartlet delete mycontainer",
      "The same step by step:"),
    Entry(
      "martlet check demo\nmartlet plan demo\nmartlet run --trace start.json --bundle demo mycontainer",
      "Whether this host can run it, what would be done, and how long each step takes:"),
  ]
}
