"""SGD with Nesterov's momentum for 50 epochs, as ARID's own scripts train, batches of 16 clips.

The rate is MMAction2's for SlowOnly-50 and TSM-50 on Kinetics-400, 0.02 for 128 clips, brought down
to 16; weight decay, clipped gradients and the cosine are MMAction2's too.
"""

max_epochs = 50

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.0025, momentum=0.9, nesterov=True, weight_decay=1e-4),
    clip_grad=dict(max_norm=40, norm_type=2),
)
param_scheduler = [
    dict(
        type='CosineAnnealingLR',
        eta_min=0,
        begin=0,
        end=max_epochs,
        T_max=max_epochs,
        by_epoch=True,
    )
]
