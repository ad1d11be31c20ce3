import { clusterVariance } from '../../../../ml/clusters/cluster-variance';

describe('clusterVariance', () => {
  it('is the cluster-robust variance, by hand', () => {
    // Residuals 1, -1 and 0 of three clusters of size 1 around slope 2: (1 + 1) · 3/2.
    expect(clusterVariance([3, 1, 2], [1, 1, 1], 2)).toEqual({ variance: 3, effectiveClusters: 3 });
  });

  it('leaves empty clusters out', () => {
    expect(clusterVariance([3, 0, 1], [1, 0, 1], 2)).toEqual({ variance: 4, effectiveClusters: 2 });
  });

  it('counts one dominating cluster as hardly more than one', () => {
    expect(clusterVariance([0, 0, 0], [1000, 1, 1], 0).effectiveClusters).toBeLessThan(1.01);
  });

  it('knows nothing of no clusters or one', () => {
    expect(clusterVariance([], [], 0)).toEqual({ variance: 0, effectiveClusters: 0 });
    expect(clusterVariance([5], [2], 0)).toEqual({ variance: 0, effectiveClusters: 1 });
  });
});
