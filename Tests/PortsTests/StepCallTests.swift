import Ports
import Testing

@Suite("Names of calls")
struct StepCallTests {
  @Test("each has the name of its case, as the kernel writes it", arguments: StepCall.allCases)
  func names(call: StepCall) throws {
    #expect(StepCall(rawValue: call.rawValue) == call)
    let table: [StepCall: String] = [
      .none: "none", .openTree: "open_tree", .mountSetattr: "mount_setattr", .pivotRoot: "pivot_root",
      .sendmsg: "sendmsg", .closeRange: "close_range", .schedSetaffinity: "sched_setaffinity",
      .getxattr: "getxattr", .decode: "decode", .verify: "verify", .clone3: "clone3",
      .landlockRestrictSelf: "landlock_restrict_self",
    ]
    if let wanted = table[call] { #expect(call.description == wanted) }
    #expect(!call.description.isEmpty && call.description == call.description.lowercased())
  }
}
