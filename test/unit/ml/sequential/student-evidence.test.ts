import { mulberry32 } from '../../../../ml/random/mulberry32';
import { addStep, dispersionFactor, emptyDispersion } from '../../../../ml/robust/step-dispersion';
import { logStudentEvidence } from '../../../../ml/sequential/student-evidence';

describe('evidence whose variance is an estimate', () => {
  it('is the likelihood ratio of the t statistic', () => {
    // Twice the log of the normal ratio is t²·f/(f·c): (1 + t²/f)^(f/2).
    expect(logStudentEvidence(4.5, { factor: 2, freedom: 10 })).toBeCloseTo(5 * Math.log(1.45), 12);
  });

  it('never says more than the log over the scatter, and nearly that once much is known', () => {
    for (const freedom of [3, 30, 300]) {
      expect(logStudentEvidence(6, { factor: 1.5, freedom })).toBeLessThan(4);
    }
    expect(logStudentEvidence(6, { factor: 1.5, freedom: 1e6 })).toBeCloseTo(4, 3);
  });

  it('leaves what speaks for the null hypothesis as it is', () => {
    expect(logStudentEvidence(-3, { factor: 5, freedom: 3 })).toBe(-3);
    expect(logStudentEvidence(0, { factor: 5, freedom: 3 })).toBe(0);
  });

  it('keeps a promise of 1 % where blocks have three times the variance that is reckoned with, and plain gains do not', () => {
    const rng = mulberry32(41);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
    const rollouts = 2000;
    let plain = 0;
    let student = 0;
    for (let rollout = 0; rollout < rollouts; rollout++) {
      const dispersion = emptyDispersion();
      let log = 0;
      let hitPlain = false;
      let hitStudent = false;
      for (let block = 0; block < 60; block++) {
        const value = Math.sqrt(3) * normal();
        log += 0.7 * value - 0.245;
        addStep(dispersion, value, 1);
        if (log >= Math.log(100)) hitPlain = true;
        if (logStudentEvidence(log, { factor: dispersionFactor(dispersion, 3), freedom: 3 + block }) >= Math.log(100))
          hitStudent = true;
      }
      plain += Number(hitPlain);
      student += Number(hitStudent);
    }
    expect(plain / rollouts).toBeGreaterThan(0.05);
    expect(student / rollouts).toBeLessThan(0.01);
  });
});
