"""DarkLight's optimizer (Chen et al., CVPRW 2021): AdamW at 1e-5 with a weight decay of 1e-3.

The 50 epochs are those of ARID's own scripts; that the rate falls along a cosine is our choice.
"""

max_epochs = 50

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-5, weight_decay=1e-3))
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
