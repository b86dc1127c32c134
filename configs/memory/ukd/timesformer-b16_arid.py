_base_ = '../plain/timesformer-b16_arid.py'

custom_hooks = [
    dict(
        type='ukd_bench.UKDHook',
        pool='results/arid-v1/pool.json',
        num_teachers=4,
        rule='mean_probability',
        weight=0.9,
        temperature=3.0,
        view_seed=0,
    )
]
