import Domain
import Ports
import Simulation

/// Runs a block on a kernel that only remembers; nil when the interpreter refuses it.
private func interpreted(_ block: [UInt8]) -> [Step]? {
  let kernel = RecordingKernel()
  let isWhole = block.withUnsafeBytes { bytes in
    do throws(StepFailure) { try run(bytes, on: kernel) } catch { return false }
    return true
  }
  return isWhole ? kernel.steps : nil
}

/// The interpreter meets the steps that were compiled.
func checkEncoding(_ plan: Plan) throws(Finding) {
  let encoded = EncodedPlan(plan)
  try hold(
    encoded.bytes.withUnsafeBytes { slotCount(of: $0) } == plan.slots.count, "every slot has a number")
  try hold(
    interpreted(encoded.bytes) == plan.entries.map(\.step),
    "the interpreter meets the steps that were compiled")
}

/// A block that claims to be a plan, as the init stage reads it: whatever it accepts is a plan whose encoding
/// it accepts too.
@Sendable func fuzzPlanBytes(_ input: [UInt8]) throws {
  _ = input.withUnsafeBytes { slotCount(of: $0) }
  guard let steps = interpreted(input) else { return }
  let plan = Plan(birth: Birth(), entries: steps.map { PlanEntry($0, origin: .root) })
  try hold(interpreted(EncodedPlan(plan).bytes) == steps, "a plan is the same after it was written and read")
}
