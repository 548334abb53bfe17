import Domain
import Testing

/// Every rule of order holds for every generated document; a failure prints the seed that shows it.
@Suite struct PlanRulesTests {
  static let total = 100_000
  static let chunks = 4

  @Test("rules hold for generated containers", arguments: 0..<chunks)
  func containerPlansObey(chunk: Int) throws {
    let size = PlanRulesTests.total / PlanRulesTests.chunks
    for seed in chunk * size..<(chunk + 1) * size {
      var generator = DocumentGenerator(seed: UInt64(seed))
      let document = generator.document()
      let request = try generator.request(terminal: document.process?.terminal ?? false)
      let plan = try PlanCompiler.compile(document, facts: generator.facts(), request: request)
      let broken = PlanRule.violations(of: plan)
      guard broken.isEmpty else {
        Issue.record("seed \(seed) breaks \(broken.map(\.name))")
        return
      }
    }
  }

  @Test("rules hold for generated exec processes")
  func execPlansObey() throws {
    for seed in 0..<10_000 {
      var generator = DocumentGenerator(seed: UInt64(seed))
      let process = generator.process()
      let request = try generator.request(terminal: process.terminal)
      let namespaces = NamespaceSet(NamespaceType.allCases.filter { _ in generator.chance(50) })
      let plan = try PlanCompiler.compileExec(
        process, generator.linux(), namespaces: namespaces, request: request)
      let broken = PlanRule.violations(of: plan)
      guard broken.isEmpty else {
        Issue.record("seed \(seed) breaks \(broken.map(\.name))")
        return
      }
    }
  }

  @Test("there are at least twenty rules, by different names")
  func rulesAreNamed() {
    let names = PlanRule.all.map(\.name)
    #expect(names.count >= 20)
    #expect(Set(names).count == names.count)
  }

  /// A rule that cannot fail proves nothing: moving or removing steps must break each of them.
  @Test("each rule is broken by some disorder")
  func rulesCanFail() throws {
    var unbroken = Set(PlanRule.all.map(\.name))
    var seed: UInt64 = 0
    while !unbroken.isEmpty, seed < 5_000 {
      var generator = DocumentGenerator(seed: seed)
      let document = generator.document()
      let request = try generator.request(terminal: document.process?.terminal ?? false)
      var plan = try PlanCompiler.compile(document, facts: generator.facts(), request: request)
      if generator.chance(20), let terminal = document.process.map({ $0.terminal }), !terminal {
        plan = try PlanCompiler.compileExec(
          generator.process(), generator.linux(), namespaces: [NamespaceSet(.user), NamespaceSet(.mount)],
          request: try generator.request(terminal: true))
      }
      for _ in 0..<3 {
        let entry = plan.entries.remove(at: generator.below(plan.entries.count))
        plan.entries.insert(entry, at: generator.below(plan.entries.count + 1))
      }
      if generator.chance(20) { plan.entries.remove(at: generator.below(plan.entries.count)) }
      if generator.chance(20) { plan.entries.insert(generator.pick(plan.entries), at: 0) }
      if generator.chance(30) { plan.entries.append(PlanEntry(.mask(path: "/x"), origin: .root)) }
      if generator.chance(30) { plan.entries.append(PlanEntry(.joinRemainingCgroups, origin: .root)) }
      for rule in PlanRule.violations(of: plan) { unbroken.remove(rule.name) }
      seed += 1
    }
    #expect(unbroken.isEmpty)
  }
}
