"""AdamW under one cycle: what takes a narrow network from chance on a few hundred clips."""

max_epochs = 6
learning_rate = 4e-3

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs)
optim_wrapper = dict(
    type='OptimWrapper',
    # One fused kernel instead of a dozen small ones for each of a hundred tensors.
    optimizer=dict(type='AdamW', lr=learning_rate, weight_decay=0.05, fused=True),
)
param_scheduler = [
    dict(
        type='OneCycleLR',
        eta_max=learning_rate,
        pct_start=0.15,
        total_steps=max_epochs,
        by_epoch=True,
        convert_to_iter_based=True,
    )
]
