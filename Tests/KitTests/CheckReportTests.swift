import Domain
import Testing

@testable import Kit

@Suite struct CheckReportTests {
  private func result(_ status: HostCheck.Status, _ need: HostCheck.Need = .optional) -> CheckResult {
    CheckResult(
      group: "kernel", name: "thing\u{1B}[31m", need: need, verdict: .init(status, "seen"),
      remedy: status == .ok ? "" : "help")
  }

  @Test func aReportEndsWithItsConclusion() {
    let plain = Colours(isOn: false)
    let good = CheckReport([result(.ok), result(.missing)], hasBundle: false).text(plain)
    #expect(good.hasPrefix("kernel\n  ok        thing"))
    #expect(good.contains("\n            → help\n"))
    #expect(
      good.hasSuffix(
        "This host can run containers. 1 abilities are missing that only some containers need.\n"))
    let bad = CheckReport([result(.unusable, .required)], hasBundle: true).text(plain)
    #expect(bad.contains("This host cannot run this bundle: thing"))
  }

  @Test func noTextCanCommandATerminal() {
    let text = CheckReport([result(.unusable, .required)], hasBundle: true).text(Colours(isOn: false))
    #expect(!text.utf8.contains(0x1B))
    #expect(CheckReport([result(.ok)], hasBundle: false).text(Colours(isOn: true)).utf8.contains(0x1B))
  }
}
