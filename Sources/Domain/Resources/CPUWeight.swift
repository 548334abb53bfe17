extension CPULimits {
  /// The weight of cgroup v2 (1 to 10000) that stands for shares of cgroup v1 (2 to 262144).
  ///
  /// With L = log2(shares) it is 10 ^ ((L * L + 125 * L) / 612 - 7 / 34), rounded up: a curve through the
  /// lowest, the default (1024 is 100) and the highest values of both.
  public static func weight(shares: UInt64) -> UInt64 {
    if shares <= lowestShares { return 1 }
    if shares >= highestShares { return 10_000 }
    let l = log2(Double(shares))
    let exponent = (l * l + 125 * l) / 612 - 7.0 / 34
    let weight = exponential(exponent * 2.302_585_092_994_045_7)
    // Where the curve meets a whole number, rounding errors must not push it to the next.
    let nearly = weight - 1e-9
    // `rounded` would call the C library.
    let whole = UInt64(nearly)
    return Double(whole) < nearly ? whole + 1 : whole
  }

  /// The binary logarithm of a number of at least 1: the exponent, and the series of the area tangent for
  /// the rest. There is no C library here.
  private static func log2(_ value: Double) -> Double {
    let significand = value.significand
    let ratio = (significand - 1) / (significand + 1)
    let square = ratio * ratio
    var (term, sum, divisor) = (ratio, 0.0, 1.0)
    while term > 1e-18 {
      sum += term / divisor
      term *= square
      divisor += 2
    }
    return Double(value.exponent) + 2 * sum / 0.693_147_180_559_945_3
  }

  /// e to the power of a small positive number: the series of a sixteenth, squared four times.
  private static func exponential(_ value: Double) -> Double {
    let small = value / 16
    var (term, sum, index) = (1.0, 1.0, 1.0)
    while term > 1e-18 {
      term *= small / index
      sum += term
      index += 1
    }
    let fourth = sum * sum * sum * sum
    return fourth * fourth * fourth * fourth
  }
}
