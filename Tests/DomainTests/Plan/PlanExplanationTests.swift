import Domain
import Testing

@Suite struct PlanExplanationTests {
  private static let plan = Plan(
    birth: Birth(created: NamespaceSet(.pid)),
    entries: [
      PlanEntry(.startSession, origin: .root),
      PlanEntry(.mask(path: "/a"), origin: JSONPointer(text: "/linux/maskedPaths/0")),
      PlanEntry(.mask(path: "/b"), origin: JSONPointer(text: "/linux/maskedPaths/0")),
      PlanEntry(.setUserID(7), origin: .root),
    ])

  @Test func stepsAreGroupedByTheirPlacesAndKeepTheirNumbers() {
    let effects = [
      PlannedEffect("cgroup: memory /c", JSONPointer(text: "/linux/cgroupsPath")),
      PlannedEffect("hook: poststop \"/x\"", JSONPointer(text: "/hooks/poststop/0")),
    ]
    #expect(
      PlanExplanation(PlanExplanationTests.plan, effects).text() == """
        born with the process
            -  new namespaces [pid]  (/linux/namespaces)
            -  cgroup: memory /c  (/linux/cgroupsPath)

        for every container
            0  start a session: signals of the caller's terminal do not reach it
            3  set user 7: who the program is

        /linux/maskedPaths/0
            1  mask "/a": it looks empty; what is missing is passed over
            2  mask "/b"

        /hooks/poststop/0
            -  hook: poststop "/x"

        """)
  }

  @Test func noStepIsLost() throws {
    let plan = PlanExplanationTests.plan
    let steps = PlanExplanation(plan, []).sections.flatMap(\.lines).compactMap(\.step).sorted()
    #expect(steps == Array(plan.entries.indices))
  }

  @Test(arguments: StepKind.allCases) func everyKindHasAPurpose(_ kind: StepKind) {
    #expect(!kind.purpose.isEmpty)
    #expect(kind.purpose != "as its name says")
  }

  @Test func whatIsShownIsEscaped() {
    let text = PlanExplanation(PlanExplanationTests.plan, []).text(escape: { _ in "x" })
    #expect(!text.contains("/a"))
    #expect(text.hasPrefix("x\n"))
  }
}
