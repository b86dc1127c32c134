_base_ = '../plain/i3d-r18_darkroom-quick.py'

custom_hooks = [
    dict(
        type='ukd_bench.UKDHook',
        pool='results/quick/pool.json',
        num_teachers=4,
        rule='mean_probability',
        weight=0.9,
        temperature=3.0,
        view_seed=0,
    ),
    dict(type='ukd_bench.ChannelsLastHook'),
]
