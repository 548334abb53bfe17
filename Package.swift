// swift-tools-version: 6.2
import PackageDescription

/// Checks that every target passes: Swift 6 mode, explicit existentials, no import that leaks or is
/// borrowed from another target, and no warning.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// An adapter: one folder below `Sources/Adapters`, knowing the ports, never another adapter save `Linux`.
func adapter(_ name: String, _ libraries: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: ["Domain", "Ports"] + libraries, path: "Sources/Adapters/\(name)",
    swiftSettings: strict)
}

/// A C library of the system, found by pkg-config.
func library(_ name: String, _ pkgConfig: String, _ package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/Adapters/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
  name: "martlet",
  products: [
    .executable(name: "martlet", targets: ["Runtime"]),
    .library(name: "MartletDomain", targets: ["Domain"]),
    .library(name: "MartletPorts", targets: ["Ports"]),
    .library(name: "MartletPortConformance", targets: ["PortConformance"]),
    .library(name: "MartletKit", targets: ["Kit"]),
  ],
  targets: [
    .target(name: "Domain", path: "Sources/Domain", swiftSettings: strict + [.strictMemorySafety()]),
    .target(
      name: "Ports", dependencies: ["Domain"], path: "Sources/Ports", exclude: ["Conformance"],
      swiftSettings: strict),
    .target(
      name: "PortConformance", dependencies: ["Domain", "Ports"], path: "Sources/Ports/Conformance",
      swiftSettings: strict),

    .target(name: "CLinux", path: "Sources/Adapters/CLinux"),
    library("CSeccomp", "libseccomp", "libseccomp-dev"),
    library("CCapability", "libcap", "libcap-dev"),
    library("CYajl", "yajl", "libyajl-dev"),

    adapter("Linux", ["CLinux"]),
    adapter("Init", ["Linux", "CLinux"]),
    adapter("Spawner", ["Linux", "CLinux"]),
    adapter("CgroupV1", ["Linux"]),
    adapter("CgroupV2", ["Linux", "CLinux"]),
    adapter("CgroupDisabled", ["Linux"]),
    adapter("CgroupMonitor", ["Linux"]),
    adapter("Resctrl", ["Linux", "CLinux"]),
    adapter("Systemd", ["Linux", "CLinux"]),
    adapter("Seccomp", ["Linux", "CLinux", "CSeccomp"]),
    adapter("Capabilities", ["CCapability"]),
    adapter("YajlDocument", ["CYajl"]),
    adapter("StateDirectory", ["Linux", "CLinux"]),
    adapter("Hooks", ["Linux", "CLinux"]),
    adapter("Netlink", ["Linux", "CLinux"]),
    adapter("Console", ["Linux", "CLinux"]),
    adapter("Notify", ["Linux", "CLinux"]),
    adapter("HostProbe", ["Linux", "CLinux"]),
    adapter("Simulation"),

    .target(name: "CBuild", path: "Sources/App/CBuild"),
    .target(
      name: "CRuntime", path: "Sources/App/CRuntime",
      cSettings: [.define("MARTLET_STATIC", .when(configuration: .release))]),
    .target(
      name: "Kit",
      dependencies: [
        "CBuild", "Domain", "Ports", "Linux", "Init", "Spawner", "CgroupV1", "CgroupV2", "CgroupDisabled",
        "CgroupMonitor", "Systemd", "Seccomp", "Capabilities", "YajlDocument", "StateDirectory", "Hooks",
        "Console",
        "HostProbe",
        "Netlink", "Notify", "Resctrl",
      ],
      path: "Sources/App/Kit", swiftSettings: strict),
    .executableTarget(
      name: "Runtime", dependencies: ["Kit", "CRuntime"], path: "Sources/App/Runtime", swiftSettings: strict),

    tests("DomainTests", ["CLinux", "Domain", "YajlDocument"]),
    tests("PortsTests", ["Domain", "Ports", "Simulation"]),
    tests(
      "AdapterTests",
      [
        "CLinux", "Domain", "Ports", "Linux", "Init", "CgroupV1", "CgroupV2", "CgroupDisabled",
        "CgroupMonitor", "Systemd",
        "Seccomp", "Capabilities", "YajlDocument", "StateDirectory", "Hooks", "HostProbe", "Simulation",
        "Spawner",
        "Console", "Netlink", "Notify", "Resctrl",
      ]),
    tests(
      "ConformanceTests",
      [
        "CLinux", "Domain", "Ports", "PortConformance", "Simulation", "Linux", "CgroupV1", "CgroupV2",
        "CgroupMonitor", "Systemd", "CgroupDisabled", "StateDirectory", "YajlDocument", "Resctrl",
        "Netlink",
      ]),
    tests("KitTests", ["CLinux", "Domain", "Ports", "Kit", "Linux", "Simulation", "YajlDocument"]),
  ]
)

/// All that the entries of fuzzers call.
let fuzzed: [Target.Dependency] = [
  "CLinux", "Domain", "Ports", "Kit", "Linux", "Init", "Seccomp", "YajlDocument", "HostProbe", "Netlink",
  "Simulation", "Spawner", "StateDirectory", "Systemd",
]

// Both are made of the same entries: the test feeds them what was found before; the fuzzer, which needs
// flags of its own (see Tests/Fuzz/run), finds it.
if Context.environment["MARTLET_FUZZ"] == nil {
  package.targets.append(
    .testTarget(
      name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz",
      exclude: ["Main", "corpus", "dictionaries", "findings", "README.md", "run"],
      sources: ["Entries", "Replay"],
      swiftSettings: strict))
} else {
  package.targets.append(
    .executableTarget(
      name: "Fuzzer", dependencies: fuzzed, path: "Tests/Fuzz",
      exclude: ["Replay", "corpus", "dictionaries", "findings", "README.md", "run"],
      sources: ["Entries", "Main"],
      swiftSettings: strict))
}
