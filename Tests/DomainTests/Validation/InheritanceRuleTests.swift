import Domain
import Testing

/// Rules of what a program inherits: scheduling, memory policy, labels.
@Suite struct InheritanceRuleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    /// The places that break a rule; none for what is right.
    var places: [String]
    var testDescription: String { text }

    init(_ text: String, _ places: String...) {
      self.text = text
      self.places = places
    }
  }

  static let schedulers = [
    Case(#"{"policy":"SCHED_OTHER","nice":19}"#),
    Case(#"{"policy":"SCHED_BATCH","nice":-20}"#),
    Case(#"{"policy":"SCHED_IDLE"}"#),
    Case(#"{"policy":"SCHED_ISO"}"#),
    Case(#"{"policy":"SCHED_OTHER","nice":20}"#, "nice"),
    Case(#"{"policy":"SCHED_OTHER","nice":-21}"#, "nice"),
    Case(#"{"policy":"SCHED_OTHER","priority":1}"#, "priority"),
    Case(#"{"policy":"SCHED_FIFO","priority":1}"#),
    Case(#"{"policy":"SCHED_RR","priority":99}"#),
    Case(#"{"policy":"SCHED_RR"}"#, "priority"),
    Case(#"{"policy":"SCHED_FIFO","priority":100}"#, "priority"),
    Case(#"{"policy":"SCHED_FIFO","priority":-1}"#, "priority"),
    Case(#"{"policy":"SCHED_OTHER","runtime":1,"deadline":2,"period":3}"#, "runtime", "deadline", "period"),
    Case(#"{"policy":"SCHED_DEADLINE","runtime":1024,"deadline":1024}"#),
    Case(#"{"policy":"SCHED_DEADLINE","runtime":2000,"deadline":3000,"period":3000}"#),
    Case(#"{"policy":"SCHED_DEADLINE"}"#, "deadline"),
    Case(#"{"policy":"SCHED_DEADLINE","runtime":1023,"deadline":2000}"#, "deadline"),
    Case(#"{"policy":"SCHED_DEADLINE","runtime":4000,"deadline":3000}"#, "deadline"),
    Case(#"{"policy":"SCHED_DEADLINE","runtime":2000,"deadline":3000,"period":2999}"#, "deadline"),
    Case(#"{"policy":"SCHED_DEADLINE","runtime":2000,"deadline":9223372036854775808}"#, "deadline"),
    Case(#"{"policy":"SCHED_DEADLINE","runtime":2000,"deadline":3000,"priority":1}"#, "priority"),
  ]

  @Test("schedulers", arguments: schedulers)
  func scheduler(_ example: Case) throws {
    #expect(
      try places(process: #""scheduler":"# + example.text, below: "/process/scheduler/") == example.places)
  }

  static let others = [
    Case(#""ioPriority":{"class":"IOPRIO_CLASS_RT","priority":7}"#),
    Case(#""ioPriority":{"class":"IOPRIO_CLASS_IDLE"}"#),
    Case(#""ioPriority":{"class":"IOPRIO_CLASS_BE","priority":8}"#, "ioPriority/priority"),
    Case(#""ioPriority":{"class":"IOPRIO_CLASS_BE","priority":-1}"#, "ioPriority/priority"),
    Case(#""execCPUAffinity":{"initial":"0-3, 7","final":"65535"}"#),
    Case(#""execCPUAffinity":{"initial":"3-0"}"#, "execCPUAffinity/initial"),
    Case(#""execCPUAffinity":{"final":", ,"}"#, "execCPUAffinity/final"),
    Case(
      #""execCPUAffinity":{"initial":"a","final":"65536"}"#, "execCPUAffinity/initial",
      "execCPUAffinity/final"),
    Case(#""execCPUAffinity":{"final":"-1"}"#, "execCPUAffinity/final"),
    Case(#""execCPUAffinity":{"final":"99999999999999999999"}"#, "execCPUAffinity/final"),
  ]

  @Test("I/O priority and affinity", arguments: others)
  func other(_ example: Case) throws {
    #expect(try places(process: example.text, below: "/process/") == example.places)
  }

  static let policies = [
    Case(#"{"mode":"MPOL_DEFAULT"}"#), Case(#"{"mode":"MPOL_LOCAL","nodes":""}"#),
    Case(#"{"mode":"MPOL_PREFERRED"}"#), Case(#"{"mode":"MPOL_PREFERRED","nodes":"1"}"#),
    Case(#"{"mode":"MPOL_BIND","nodes":"0-3","flags":["MPOL_F_NUMA_BALANCING","MPOL_F_STATIC_NODES"]}"#),
    Case(#"{"mode":"MPOL_PREFERRED_MANY","nodes":"0","flags":["MPOL_F_NUMA_BALANCING"]}"#),
    Case(#"{"mode":"MPOL_DEFAULT","nodes":"0"}"#, "nodes"),
    Case(#"{"mode":"MPOL_LOCAL","nodes":"0"}"#, "nodes"),
    Case(#"{"mode":"MPOL_BIND"}"#, "nodes"), Case(#"{"mode":"MPOL_INTERLEAVE"}"#, "nodes"),
    Case(#"{"mode":"MPOL_PREFERRED_MANY"}"#, "nodes"), Case(#"{"mode":"MPOL_WEIGHTED_INTERLEAVE"}"#, "nodes"),
    Case(#"{"mode":"MPOL_BIND","nodes":"x"}"#, "nodes"),
    Case(#"{"mode":"MPOL_INTERLEAVE","nodes":"0","flags":["MPOL_F_NUMA_BALANCING"]}"#, "flags"),
    Case(
      #"{"mode":"MPOL_BIND","nodes":"0","flags":["MPOL_F_STATIC_NODES","MPOL_F_RELATIVE_NODES"]}"#, "flags"),
  ]

  @Test("memory policies", arguments: policies)
  func policy(_ example: Case) throws {
    let document = try decoded(#"{"linux":{"memoryPolicy":\#(example.text)}}"#)
    let seen = ValidationRule.violations(of: document, on: Facts()).map(\.pointer.text)
    #expect(seen.filter { $0.hasPrefix("/linux/mem") } == example.places.map { "/linux/memoryPolicy/" + $0 })
  }

  @Test("labels need their module, and are right with it")
  func labels() {
    var document = ValidationTests.good()
    document.process?.apparmorProfile = "lab"
    document.process?.selinuxLabel = "u:r:t"
    document.linux?.mountLabel = "u:r:t"
    #expect(document.questions.contains(.securityModules))
    let violations = ValidationRule.violations(of: document, on: Facts())
    #expect(
      violations.map(\.description) == [
        "/process/apparmorProfile: apparmor: config provided but apparmor not supported",
        "/process/selinuxLabel: selinux label is specified in config, but selinux is disabled or not supported",
        "/linux/mountLabel: selinux label is specified in config, but selinux is disabled or not supported",
      ])
    var facts = Facts()
    facts.securityModules = [.apparmor, .selinux]
    #expect(ValidationRule.violations(of: document, on: facts) == [])
    document.linux?.mountLabel = "a\"b"
    #expect(ValidationRule.violations(of: document, on: facts).map(\.pointer.text) == ["/linux/mountLabel"])
    #expect(!ValidationTests.good().questions.contains(.securityModules))
  }

  @Test("flags of a personality warn")
  func personality() throws {
    let text = #"{"ociVersion":"1.3.0","linux":{"personality":{"domain":"LINUX","flags":["X"]}}}"#
    #expect(try decoded(text).warnings(on: Facts()).map(\.pointer.text) == ["/linux/personality/flags"])
  }

  /// The places of a process's violations below a prefix.
  private func places(process: String, below prefix: String) throws -> [String] {
    let text = #"{"args":["x"],"cwd":"/",\#(process)}"#
    let settings = try ProcessSettings(decoding: try parsed(text))
    return ValidationRule.violations(ofProcess: settings, on: Facts()).map {
      String($0.pointer.text.dropFirst(prefix.count))
    }
  }
}
