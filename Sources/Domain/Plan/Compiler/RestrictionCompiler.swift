extension PlanCompiler {
  /// Who shares a core with the process, and what Landlock will deny it. Paths are looked up while everything
  /// can be reached; nothing is denied yet.
  static func addRestrictions(_ request: PlanRequest, to builder: inout PlanBuilder) {
    if let cookie = request.coreCookie {
      builder.add(.shareCores(cookie), KnownAnnotation.coreScheduling.pointer)
    }
    guard let ruleset = request.landlock else { return }
    let origin = KnownAnnotation.landlock.pointer
    builder.add(
      .makeLandlockRuleset(files: ruleset.files, ports: ruleset.ports, scopes: ruleset.scopes), origin)
    for rule in ruleset.pathRules {
      builder.add(
        .allowBeneath(path: rule.path, access: rule.access, mayBeMissing: rule.mayBeMissing), origin)
    }
    for rule in ruleset.portRules {
      builder.add(.allowPort(rule.port, access: rule.access), origin)
    }
  }

  /// What leads to the host is closed and the exec fifo opened before, which could be denied.
  static func addLandlock(_ request: PlanRequest, to builder: inout PlanBuilder) {
    guard request.landlock != nil else { return }
    builder.add(.enforceLandlock, KnownAnnotation.landlock.pointer)
  }
}
